import { drift } from '@arcadia/contracts';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Schema } from './schema.ts';

/** The kinds that cost money while they are there; of an address only when nothing uses it. */
const billableKinds = [
  'droplet',
  'droplet_backup',
  'floating_ip',
  'k8s_cluster',
  'load_balancer',
  'managed_db',
  'snapshot',
  'spaces_bucket',
  'volume',
];

/** Which resources are compared: these, or all. */
export type Scope = readonly string[] | 'all';

const inScope = (scope: Scope, column: RawBuilder<unknown>): RawBuilder<boolean> =>
  scope === 'all' ? sql`true` : sql`${column} = ANY(${scope}::uuid[])`;

/** What was last known of it is as of now, and not of before a saga changed it. */
const isSeenSince = sql`
  (desired.restored_at IS NULL OR greatest(live.observed_at, sweeps.started_at) > desired.restored_at)`;

const isNotIgnored = (alias: RawBuilder<unknown>, field: RawBuilder<unknown>): RawBuilder<boolean> => sql`
  NOT EXISTS (
    SELECT FROM ignored_fields AS ignored
    WHERE ignored.provider = ${alias}.provider AND ignored.resource_kind = ${alias}.kind AND ignored.field = ${field}
      AND (ignored.resource_id IS NULL OR ignored.resource_id = ${alias}.resource_id))`;

const setOf = (list: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`(SELECT array_agg(DISTINCT item ORDER BY item) FROM jsonb_array_elements_text(${list}) AS item)`;

/**
 * Whether two values differ, so that what has been through JSON and back does not: scalars by their text, lists as sets,
 * nothing and the empty list alike. Containment both ways settles most lists; only the others are taken apart. Spelled
 * out where it is used, because Postgres would call a function once for each value, which takes longer than all the rest.
 */
const differ = (a: RawBuilder<unknown>, b: RawBuilder<unknown>): RawBuilder<boolean> => sql`
  CASE
    WHEN ${a} IS NOT DISTINCT FROM ${b} THEN false
    WHEN jsonb_typeof(${a}) = 'array' AND jsonb_typeof(${b}) = 'array'
      THEN NOT (${a} @> ${b} AND ${b} @> ${a}) AND ${setOf(a)} IS DISTINCT FROM ${setOf(b)}
    WHEN jsonb_typeof(${a}) = 'array' OR jsonb_typeof(${b}) = 'array'
      THEN nullif(nullif(${a}, '[]'), 'null') IS DISTINCT FROM nullif(nullif(${b}, '[]'), 'null')
    ELSE ${a} #>> '{}' IS DISTINCT FROM ${b} #>> '{}'
  END`;

/**
 * Each field of each spec beside the live value: a top-level one first, then what differs by kind. OFFSET 0 has Postgres
 * pair the resources before it takes their specs apart, and compute a live value once and not at each of its uses.
 */
const fieldDrift = (scope: Scope) => sql`
  SELECT pair.resource_id, pair.deployment_id, pair.tenant_id, 'field' AS kind, wanted.field, wanted.expected,
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
  CROSS JOIN LATERAL jsonb_each(pair.spec) AS wanted(field, expected)
  CROSS JOIN LATERAL (
    SELECT coalesce(
      CASE wanted.field
        WHEN 'name' THEN to_jsonb(pair.name)
        WHEN 'region' THEN to_jsonb(pair.region)
        WHEN 'status' THEN to_jsonb(pair.status)
        WHEN 'provider_id' THEN to_jsonb(pair.provider_id)
      END,
      pair.attrs -> wanted.field)
    OFFSET 0
  ) AS compared(actual)
  WHERE ${differ(sql`wanted.expected`, sql`compared.actual`)} AND ${isNotIgnored(sql`pair`, sql`wanted.field`)}`;

/** Wanted, and gone; or never seen although its kind was listed completely. */
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

/** There, costing money, nobody's, and not asked for. */
const unmanaged = (scope: Scope) => sql`
  SELECT live.resource_id, NULL::uuid, NULL::text, 'unmanaged', ${drift.ownerField}::text, 'null'::jsonb,
    jsonb_strip_nulls(jsonb_build_object('region', live.region, 'size_slug', live.attrs -> 'size_slug')),
    desired.spec_version, false
  FROM live
  LEFT JOIN desired USING (resource_id)
  WHERE ${inScope(scope, sql`live.resource_id`)} AND live.is_present AND live.kind = ANY(${billableKinds}::text[])
    AND live.tenant_id IS NULL AND live.deployment_id IS NULL AND live.project_id IS NULL
    AND desired.spec IS NULL AND NOT (live.kind = 'floating_ip' AND live.attrs ->> 'assigned_to' IS NOT NULL)
    AND ${isNotIgnored(sql`live`, sql`${drift.ownerField}::text`)}`;

/**
 * Compare what is wanted with what is there and bring the open rows in line with it, in one statement: new ones appear,
 * changed ones count a revision on, those without a difference go stale. What an operator has asked about is left alone,
 * and so is what was not seen since a saga changed it.
 * The caller holds the lock on comparing.
 * @param given.run names this comparison, so that what it has touched can be said
 * @param given.isSweep whether what is not certain yet is reported too: that something was never seen, or is nobody's, because
 *   word of it may only be on its way
 */
export async function reconcile(
  db: Transaction<Schema>,
  given: { scope: Scope; run: string; now: Temporal.Instant; isSweep: boolean },
): Promise<void> {
  const { scope, run } = given;
  const now = sql`${given.now.toString()}::timestamptz`;
  await sql`
    WITH found AS MATERIALIZED (${fieldDrift(scope)} UNION ALL ${missing(scope)} UNION ALL ${unmanaged(scope)}),
    compared AS MATERIALIZED (
      SELECT open.drift_id, found.* FROM found
      LEFT JOIN cloud_drift AS open
        ON open.status = 'open' AND open.resource_id = found.resource_id AND open.field = found.field
    ),
    changed AS (
      UPDATE cloud_drift AS open SET kind = found.kind, expected = found.expected, actual = found.actual,
        spec_version = found.spec_version, deployment_id = found.deployment_id, tenant_id = found.tenant_id,
        revision = open.revision + 1, touched_by = ${run}
      FROM compared AS found
      WHERE open.drift_id = found.drift_id AND open.status = 'open' AND open.requested_action IS NULL
        AND (open.expected, open.actual, open.spec_version, open.deployment_id, open.tenant_id)
          IS DISTINCT FROM (found.expected, found.actual, found.spec_version, found.deployment_id, found.tenant_id)
    ),
    gone AS (
      UPDATE cloud_drift AS open SET status = 'stale', closed_at = ${now}, revision = open.revision + 1, touched_by = ${run}
      WHERE open.status = 'open' AND open.requested_action IS NULL AND ${inScope(scope, sql`open.resource_id`)}
        AND NOT EXISTS (SELECT FROM compared WHERE compared.drift_id = open.drift_id)
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

/** Comparisons go one after the other, whoever asks for them: each sees everything that the one before has written. */
export async function lockComparing(db: Transaction<Schema>): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('drift.compare', 0))`.execute(db);
}
