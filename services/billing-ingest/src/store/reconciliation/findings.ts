import { kindsWhere, type Period, periodInterval, resourceKindEntries } from '@arcadia/contracts';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Tables } from '../schema.ts';

export type Finding = {
  finding: 'billed_not_metered' | 'metered_not_billed' | 'hours_differ' | 'unattributed';
  /** Order within the finding, and the cursor of the list. */
  key: string;
  kind: string;
  resource_id: string | null;
  name: string | null;
  tenant_id: string | null;
  deployment_id: string | null;
  billed_hours: string | null;
  metered_hours: string | null;
  amount_minor: string | null;
  detail: string;
};

/** The usage kinds that are metered and invoiced per resource. */
const compared = resourceKindEntries.flatMap(([resource, { billed, usages, sizeAttribute }]) =>
  billed === 'by-resource'
    ? usages.map(({ kind }) => ({ usage: kind, resource, isSized: sizeAttribute !== undefined }))
    : [],
);

/** Kinds with lines that name their source and no hours of their own. */
const namingSource = kindsWhere(({ billedWith }) => billedWith?.lineNames === 'source');

type Query = { period: Period; provider: string; toleratedHours: string };

/**
 * Compares invoiced and metered hours of a period by resource and kind. Only the part of a line that deployments bear is
 * expected to be metered: the operator's own resources are not. Unit-seconds of sized resources are divided by their size.
 * The lines of a Kubernetes cluster are compared with its workers, which are metered as droplets (decision 0034).
 */
function findings({ period, provider, toleratedHours }: Query): RawBuilder<unknown> {
  const { end } = periodInterval(period);
  return sql`
    WITH kinds(usage_kind, kind, is_sized) AS (
      SELECT * FROM unnest(${compared.map(({ usage }) => usage)}::text[], ${compared.map(({ resource }) => resource)}::text[],
        ${compared.map(({ isSized }) => isSized)}::boolean[])
    ),
    lines AS (
      SELECT l.*, i.invoice_uuid, CASE WHEN l.kind = ANY(${namingSource}::text[]) THEN NULL
        ELSE coalesce(l.hours, extract(epoch FROM l.end_at - l.start_at) / 3600) END AS line_hours
      FROM cloud_invoices i JOIN cloud_cost_lines l USING (reading_id)
      WHERE i.period = ${period} AND i.provider = ${provider} AND NOT l.is_tax AND l.kind <> 'account'
    ),
    shares AS (
      SELECT a.reading_id, a.line_no,
        coalesce(sum(a.amount_minor) FILTER (WHERE target = 'deployment'), 0) AS deployment_minor,
        coalesce(sum(a.amount_minor) FILTER (WHERE target = 'tenant'), 0) AS tenant_minor,
        coalesce(sum(a.amount_minor) FILTER (WHERE target = 'unallocated'), 0) AS unallocated_minor,
        sum(a.milliseconds) FILTER (WHERE target = 'deployment') / nullif(sum(a.milliseconds), 0) AS deployment_time,
        sum(a.milliseconds) FILTER (WHERE target = 'unallocated') / nullif(sum(a.milliseconds), 0) AS unallocated_time,
        min(a.tenant_id) AS tenant_id, min(a.deployment_id::text)::uuid AS deployment_id
      FROM cloud_cost_allocations a JOIN lines USING (reading_id, line_no) GROUP BY a.reading_id, a.line_no
    ),
    latest AS (
      SELECT DISTINCT ON (resource_id) resource_id, kind, name, source_id, size_slug, units FROM resource_states
      WHERE is_present AND effective_at < ${end.toString()} ORDER BY resource_id, effective_at DESC
    ),
    billed AS (
      SELECT CASE WHEN l.kind = 'droplet' AND r.kind = 'k8s_cluster' THEN r.kind ELSE l.kind END AS kind, l.resource_id,
        min(l.description) AS name, sum(l.amount_minor) AS amount_minor, sum(line_hours) AS hours,
        sum(deployment_minor) AS deployment_minor, sum(tenant_minor) AS tenant_minor, sum(unallocated_minor) AS unallocated_minor,
        sum(line_hours * coalesce(deployment_time, 0)) AS expected_hours,
        -- Without any owned time the whole line is unallocated.
        sum(line_hours * coalesce(unallocated_time, CASE WHEN unallocated_minor = 0 THEN 0 ELSE 1 END)) AS unallocated_hours,
        min(s.tenant_id) AS tenant_id, min(s.deployment_id::text)::uuid AS deployment_id
      FROM lines l JOIN shares s USING (reading_id, line_no) LEFT JOIN latest r USING (resource_id)
      WHERE l.resource_id IS NOT NULL GROUP BY 1, 2
    ),
    billed_clusters AS (SELECT resource_id FROM billed WHERE kind = 'k8s_cluster'),
    metered AS (
      SELECT CASE WHEN c.resource_id IS NULL THEN k.kind ELSE 'k8s_cluster' END AS kind,
        CASE WHEN k.kind = ANY(${namingSource}::text[]) THEN coalesce(s.source_id, m.resource_id) ELSE coalesce(c.resource_id, m.resource_id) END AS resource_id,
        min(s.name) AS name, min(s.size_slug) AS size_slug, sum(m.unit_seconds) AS unit_seconds,
        sum(m.unit_seconds / CASE WHEN k.is_sized THEN nullif(s.units, 0) ELSE 1 END) / 3600 AS hours,
        min(m.tenant_id) AS tenant_id, min(m.deployment_id::text)::uuid AS deployment_id
      FROM metered_lines m JOIN kinds k ON k.usage_kind = m.kind LEFT JOIN latest s USING (resource_id)
        LEFT JOIN billed_clusters c ON k.kind = 'droplet' AND c.resource_id = s.source_id
      WHERE m.period = ${period} AND m.resource_id IS NOT NULL GROUP BY 1, 2 HAVING sum(m.unit_seconds) > 0
    ),
    sides AS (
      SELECT kind, resource_id, b.name AS billed_name, m.name AS metered_name, m.size_slug,
        b.amount_minor, b.hours AS billed_hours, b.expected_hours, b.unallocated_hours, b.deployment_minor, b.tenant_minor, b.unallocated_minor,
        m.unit_seconds, CASE WHEN kind = ANY(${namingSource}::text[]) THEN NULL ELSE m.hours END AS metered_hours,
        coalesce(m.tenant_id, b.tenant_id) AS tenant_id, coalesce(m.deployment_id, b.deployment_id) AS deployment_id,
        kind || ':' || resource_id AS key
      FROM billed b FULL JOIN metered m USING (kind, resource_id)
    )
    SELECT 'billed_not_metered' AS finding, key, kind, resource_id, billed_name AS name, tenant_id, deployment_id,
      CASE WHEN deployment_minor = 0 THEN billed_hours ELSE round(expected_hours, 6) END AS billed_hours, 0::numeric AS metered_hours,
      (deployment_minor + tenant_minor)::bigint AS amount_minor,
      CASE WHEN kind <> 'k8s_cluster' AND kind NOT IN (SELECT kind FROM kinds) THEN 'resources of this kind are not metered'
        WHEN deployment_minor = 0 THEN 'the resource belongs to a tenant but to no deployment, so it is not metered'
        WHEN kind = 'k8s_cluster' THEN 'the cluster belongs to a deployment but none of its workers was metered'
        ELSE 'the resource belongs to a deployment but no usage was metered' END AS detail
    FROM sides WHERE amount_minor IS NOT NULL AND unit_seconds IS NULL AND deployment_minor + tenant_minor <> 0
    UNION ALL
    SELECT 'billed_not_metered', 'line:' || invoice_uuid || ':' || lpad(line_no::text, 9, '0'), kind, NULL, description, NULL, NULL, line_hours, 0,
      amount_minor, CASE unmatched_reason WHEN 'unknown' THEN 'the line matches no known resource'
        ELSE 'the resource was destroyed before the first sync' END
    FROM lines WHERE resource_id IS NULL
    UNION ALL
    SELECT 'metered_not_billed', key, kind, resource_id, metered_name, tenant_id, deployment_id, 0, metered_hours,
      -round(least(metered_hours, 672) * (
        SELECT price_hourly FROM list_prices p WHERE p.provider = ${provider} AND p.size_slug = sides.size_slug
          AND p.effective_at < ${end.toString()} ORDER BY p.effective_at DESC LIMIT 1) * 100)::bigint,
      'usage was metered, but no line of the period matches the resource'
    FROM sides WHERE amount_minor IS NULL
    UNION ALL
    SELECT 'hours_differ', key, kind, resource_id, billed_name, tenant_id, deployment_id, round(expected_hours, 6), round(metered_hours, 6),
      round((expected_hours - metered_hours) * deployment_minor / nullif(expected_hours, 0))::bigint,
      CASE WHEN expected_hours > metered_hours AND kind = 'droplet' THEN 'more hours invoiced than metered: the provider also charges for a droplet that is off'
        WHEN expected_hours > metered_hours THEN 'more hours invoiced than metered' ELSE 'more hours metered than invoiced' END
    FROM sides WHERE abs(expected_hours - metered_hours) > ${toleratedHours}::numeric
      -- One line may be for a whole pool of workers, so fewer invoiced than metered hours are no finding.
      AND (kind <> 'k8s_cluster' OR expected_hours > metered_hours)
    UNION ALL
    SELECT 'unattributed', key, kind, resource_id, billed_name, NULL, NULL, round(unallocated_hours, 6), 0, unallocated_minor::bigint,
      'the resource had no owner during the invoiced time'
    FROM sides WHERE unallocated_minor <> 0`;
}

export async function findingsAfter(
  db: Kysely<Tables>,
  query: Query & { finding: Finding['finding'] | undefined; after: readonly string[] | null; limit: number },
): Promise<Finding[]> {
  const [finding = '', key = ''] = query.after ?? [];
  const { rows } = await sql<Finding>`
    SELECT * FROM (${findings(query)}) AS found
    WHERE (${query.finding ?? null}::text IS NULL OR finding = ${query.finding ?? null})
      AND (${query.after === null} OR (finding, key) > (${finding}, ${key}))
    ORDER BY finding, key LIMIT ${query.limit + 1}`.execute(db);
  return rows;
}

export async function findingSums(db: Kysely<Tables>, query: Query) {
  const { rows } = await sql<{ finding: string; count: number; amount_minor: string }>`
    SELECT finding, count(*)::int AS count, coalesce(sum(amount_minor), 0) AS amount_minor FROM (${findings(query)}) AS found
    GROUP BY finding ORDER BY finding`.execute(db);
  return rows;
}
