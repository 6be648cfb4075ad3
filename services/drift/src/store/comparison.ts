import { drift, kindsWhere, resourceKindEntries } from '@arcadia/contracts';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** The kinds that cost money while they exist. */
const billedKinds = kindsWhere(({ billed }) => billed !== 'free');

/** Kinds that cost nothing while an attribute is set, such as an assigned address. */
const freeWhile = resourceKindEntries.flatMap(([kind, { freeWhile }]) =>
  freeWhile === undefined ? [] : [{ kind, attribute: freeWhile }],
);

const isFree = sql`EXISTS (
  SELECT FROM unnest(${freeWhile.map(({ kind }) => kind)}::text[], ${freeWhile.map(({ attribute }) => attribute)}::text[])
    AS free(kind, attribute)
  WHERE free.kind = live.kind AND live.attrs ->> free.attribute IS NOT NULL)`;

/** The ids of the resources to compare, or all of them. */
export type Scope = readonly string[] | 'all';

const inScope = (scope: Scope, column: RawBuilder<unknown>): RawBuilder<boolean> =>
  scope === 'all' ? sql`true` : sql`${column} = ANY(${scope}::uuid[])`;

/** The resource was observed after a saga last changed it, so its known state is current. */
const isSeenSince = sql`
  (desired.restored_at IS NULL OR greatest(live.observed_at, sweeps.started_at) > desired.restored_at)`;

const isNotIgnored = (alias: RawBuilder<unknown>, field: RawBuilder<unknown>): RawBuilder<boolean> => sql`
  NOT EXISTS (
    SELECT FROM ignored_fields AS ignored
    WHERE ignored.ended_at IS NULL AND ignored.provider = ${alias}.provider AND ignored.resource_kind = ${alias}.kind AND ignored.field = ${field}
      AND (ignored.resource_id IS NULL OR ignored.resource_id = ${alias}.resource_id))`;

const setOf = (list: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`(SELECT array_agg(DISTINCT item ORDER BY item) FROM jsonb_array_elements_text(${list}) AS item)`;

/** Texts are equal as JSON and as text alike; a number in a list may be a text in the other. */
const areTexts = (list: RawBuilder<unknown>): RawBuilder<boolean> =>
  sql`NOT jsonb_path_exists(${list}, '$[*] ? (@.type() <> "string")')`;

/**
 * Whether two JSON values differ in meaning. Scalars are compared by their text, lists as sets, and null equals the empty
 * list, so that a value which has passed through another program's JSON is equal. Containment both ways decides lists of texts and
 * equal ones; only the others are expanded, which takes ten times as long. The expression is inlined, because calling a SQL function for
 * each value takes longer than everything else together.
 */
const differ = (a: RawBuilder<unknown>, b: RawBuilder<unknown>): RawBuilder<boolean> => sql`
  CASE
    WHEN ${a} IS NOT DISTINCT FROM ${b} THEN false
    WHEN jsonb_typeof(${a}) = 'array' AND jsonb_typeof(${b}) = 'array'
      THEN NOT (${a} @> ${b} AND ${b} @> ${a})
        AND ((${areTexts(a)} AND ${areTexts(b)}) OR ${setOf(a)} IS DISTINCT FROM ${setOf(b)})
    WHEN jsonb_typeof(${a}) = 'array' OR jsonb_typeof(${b}) = 'array'
      THEN nullif(nullif(${a}, '[]'), 'null') IS DISTINCT FROM nullif(nullif(${b}, '[]'), 'null')
    ELSE ${a} #>> '{}' IS DISTINCT FROM ${b} #>> '{}'
  END`;

/** The size slugs that a droplet has now. Evaluated once, and hashed. */
const usedSizes = sql`(
  SELECT DISTINCT provider, attrs ->> 'size_slug' FROM live
  WHERE kind = 'droplet' AND is_present AND attrs ->> 'size_slug' IS NOT NULL)`;

/** The maker of the processor that a size slug names; empty if it names none. */
const makerOf = (slug: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`coalesce(substring(${slug} FROM '-(amd|intel)(?:-|$)'), '')`;

/**
 * Whether the provider renamed the expected size to the actual one, as it did with its plans of 2018: the expected slug has named
 * this very shape, no droplet has it any more, and neither the price nor the maker of the processor is another.
 */
const isRenamedSize = sql`EXISTS (
    SELECT FROM size_shapes AS shape
    WHERE shape.provider = pair.provider AND shape.slug = spec_field.expected #>> '{}'
      AND (shape.vcpus, shape.memory_mb, shape.disk_gb)
        = (pair.attrs ->> 'vcpus', pair.attrs ->> 'memory_mb', pair.attrs ->> 'disk_gb'))
  AND (pair.provider, spec_field.expected #>> '{}') NOT IN ${usedSizes}
  AND ${makerOf(sql`spec_field.expected #>> '{}'`)} = ${makerOf(sql`compared.actual #>> '{}'`)}
  AND NOT EXISTS (
    SELECT FROM prices AS former JOIN prices AS present USING (provider)
    WHERE provider = pair.provider AND former.size_slug = spec_field.expected #>> '{}'
      AND present.size_slug = compared.actual #>> '{}'
      AND (former.price_monthly, former.currency) <> (present.price_monthly, present.currency))`;

const hasUpperCase = (list: RawBuilder<unknown>): RawBuilder<boolean> => sql`lower(${list}::text) <> ${list}::text`;

/**
 * Whether two values that differ are the same at the provider: tags that differ in letter case only, an image given by its
 * number or by a slug that has named it, since a slug moves on to newer images while the droplet keeps its own, and a size that
 * was renamed.
 */
const isSameAtProvider = sql`
  CASE spec_field.field
    WHEN 'tags' THEN (${hasUpperCase(sql`spec_field.expected`)} OR ${hasUpperCase(sql`compared.actual`)})
      AND NOT ${differ(sql`lower(spec_field.expected::text)::jsonb`, sql`lower(compared.actual::text)::jsonb`)}
    WHEN 'image' THEN spec_field.expected #>> '{}' = pair.attrs ->> 'image_id' OR EXISTS (
      SELECT FROM image_slugs WHERE image_slugs.provider = pair.provider AND image_slugs.slug = spec_field.expected #>> '{}'
        AND image_slugs.image_id = pair.attrs ->> 'image_id')
    WHEN 'size_slug' THEN ${isRenamedSize}
    ELSE false
  END`;

/**
 * The fields of each spec with a different actual value: a column of `live` if it has one of that name, else an attribute.
 * OFFSET 0 makes Postgres join the resources before it expands their specs, and compute each actual value only once.
 */
const fieldDrift = (scope: Scope) => sql`
  SELECT pair.resource_id, pair.deployment_id, pair.tenant_id, 'field' AS kind, spec_field.field, spec_field.expected,
    coalesce(compared.actual, 'null'::jsonb) AS actual, pair.spec_version, true AS is_certain
  FROM (
    SELECT desired.resource_id, desired.provider, desired.kind, desired.spec, desired.spec_version,
      coalesce(live.deployment_id, desired.deployment_id) AS deployment_id,
      coalesce(live.tenant_id, desired.tenant_id) AS tenant_id,
      live.name, live.region, live.status, live.provider_id, live.attrs
    FROM desired
    JOIN live USING (resource_id)
    LEFT JOIN sweeps ON sweeps.provider = desired.provider AND sweeps.kind = desired.kind
    WHERE ${inScope(scope, sql`desired.resource_id`)} AND live.is_present AND ${isSeenSince}
    OFFSET 0
  ) AS pair
  CROSS JOIN LATERAL jsonb_each(pair.spec) AS spec_field(field, expected)
  CROSS JOIN LATERAL (
    SELECT coalesce(
      CASE spec_field.field
        WHEN 'name' THEN to_jsonb(pair.name)
        WHEN 'region' THEN to_jsonb(pair.region)
        WHEN 'status' THEN to_jsonb(pair.status)
        WHEN 'provider_id' THEN to_jsonb(pair.provider_id)
      END,
      pair.attrs -> spec_field.field)
    OFFSET 0
  ) AS compared(actual)
  WHERE ${differ(sql`spec_field.expected`, sql`compared.actual`)} AND NOT coalesce(${isSameAtProvider}, false)
    AND ${isNotIgnored(sql`pair`, sql`spec_field.field`)}`;

/** Resources with a desired state that were deleted, or never observed although their kind was listed completely. */
const missing = (scope: Scope) => sql`
  SELECT desired.resource_id, coalesce(live.deployment_id, desired.deployment_id),
    coalesce(live.tenant_id, desired.tenant_id), 'missing', ${drift.presenceField}::text, '"present"'::jsonb, '"gone"'::jsonb,
    desired.spec_version, live.resource_id IS NOT NULL
  FROM desired
  LEFT JOIN live USING (resource_id)
  LEFT JOIN sweeps ON sweeps.provider = desired.provider AND sweeps.kind = desired.kind
  WHERE ${inScope(scope, sql`desired.resource_id`)} AND desired.spec IS NOT NULL
    AND CASE WHEN live.resource_id IS NULL THEN sweeps.started_at IS NOT NULL ELSE NOT live.is_present END
    AND ${isSeenSince} AND ${isNotIgnored(sql`desired`, sql`${drift.presenceField}::text`)}`;

/** Resources that exist, cost money, have no owner and no desired state. */
const unmanaged = (scope: Scope) => sql`
  SELECT live.resource_id, NULL::uuid, NULL::text, 'unmanaged', ${drift.ownerField}::text, 'null'::jsonb,
    jsonb_strip_nulls(jsonb_build_object('region', live.region, 'size_slug', live.attrs -> 'size_slug')),
    desired.spec_version, false
  FROM live
  LEFT JOIN desired USING (resource_id)
  WHERE ${inScope(scope, sql`live.resource_id`)} AND live.is_present AND live.kind = ANY(${billedKinds}::text[])
    AND live.tenant_id IS NULL AND live.deployment_id IS NULL AND live.attributed_by IS NULL
    AND desired.spec IS NULL AND NOT ${isFree}
    AND ${isNotIgnored(sql`live`, sql`${drift.ownerField}::text`)}`;

/**
 * Compares desired with actual state and updates the open rows in one statement: new differences are inserted, changed ones
 * get the next revision, rows without a difference become stale. Rows with a pending request stay as they are, and so do
 * those of a resource that was not observed since a saga changed it. The caller holds the lock on comparing.
 * The differences are joined with the open rows once, and only what is to be written is kept: in a sweep nearly nothing is.
 * @param given.run identifies this comparison, so that the rows it wrote can be published
 * @param given.isSweep whether uncertain differences are reported too: a resource that was never observed, or has no owner,
 *   may be explained by an event that has not arrived yet
 */
export async function reconcile(
  db: Transaction<Tables>,
  given: { scope: Scope; run: string; now: Temporal.Instant; isSweep: boolean },
): Promise<void> {
  const { scope, run } = given;
  const now = sql`${given.now.toString()}::timestamptz`;
  await sql`
    WITH found AS (${fieldDrift(scope)} UNION ALL ${missing(scope)} UNION ALL ${unmanaged(scope)}),
    open AS (
      SELECT drift_id, resource_id, field, expected, actual, spec_version, deployment_id, tenant_id FROM cloud_drift
      WHERE status = 'open' AND ${inScope(scope, sql`resource_id`)}
    ),
    compared AS MATERIALIZED (
      SELECT open.drift_id, found.* FROM found
      FULL JOIN open ON open.resource_id = found.resource_id AND open.field = found.field
      WHERE open.drift_id IS NULL OR found.resource_id IS NULL
        OR (open.expected, open.actual, open.spec_version, open.deployment_id, open.tenant_id)
          IS DISTINCT FROM (found.expected, found.actual, found.spec_version, found.deployment_id, found.tenant_id)
    ),
    changed AS (
      UPDATE cloud_drift AS open SET kind = found.kind, expected = found.expected, actual = found.actual,
        spec_version = found.spec_version, deployment_id = found.deployment_id, tenant_id = found.tenant_id,
        revision = open.revision + 1, touched_by = ${run}
      FROM compared AS found
      WHERE open.drift_id = found.drift_id AND found.resource_id IS NOT NULL AND open.status = 'open'
        AND open.requested_action IS NULL
    ),
    gone AS (
      UPDATE cloud_drift AS open SET status = 'stale', closed_at = ${now}, revision = open.revision + 1, touched_by = ${run}
      FROM compared
      WHERE open.drift_id = compared.drift_id AND compared.resource_id IS NULL AND open.status = 'open'
        AND open.requested_action IS NULL
        AND NOT EXISTS (
          SELECT FROM desired LEFT JOIN live USING (resource_id)
          LEFT JOIN sweeps ON sweeps.provider = desired.provider AND sweeps.kind = desired.kind
          WHERE desired.resource_id = open.resource_id AND desired.restored_at IS NOT NULL
            AND NOT coalesce(${isSeenSince}, false))
    )
    INSERT INTO cloud_drift (resource_id, deployment_id, tenant_id, kind, field, expected, actual, spec_version,
      status, revision, detected_at, touched_by)
    SELECT resource_id, deployment_id, tenant_id, kind, field, expected, actual, spec_version, 'open', 1, ${now}, ${run}
    FROM compared WHERE drift_id IS NULL AND (${given.isSweep} OR is_certain)
    ON CONFLICT (resource_id, field) WHERE status = 'open' DO NOTHING`.execute(db);
}

/** Makes comparisons run one at a time over all replicas: each sees everything that the one before wrote. */
export async function lockComparing(db: Transaction<Tables>): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('drift.compare', 0))`.execute(db);
}
