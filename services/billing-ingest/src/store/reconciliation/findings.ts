import { type Kysely, type RawBuilder, sql } from 'kysely';
import { cappedHours } from '../../domain/reconciliation/list-prices.ts';
import type { Tables } from '../schema.ts';
import { comparison, namesSource, type Query } from './sides.ts';

export type Finding = {
  finding: 'bill_differs' | 'billed_not_metered' | 'hours_differ' | 'metered_not_billed' | 'unattributed';
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

/** Billed resources and lines without usage. */
const billedNotMetered = sql`
  SELECT 'billed_not_metered' AS finding, key, kind, resource_id, billed_name AS name, tenant_id, deployment_id,
    CASE WHEN deployment_minor = 0 THEN billed_hours ELSE round(expected_hours, 6) END AS billed_hours, 0::numeric AS metered_hours,
    (deployment_minor + tenant_minor)::bigint AS amount_minor,
    CASE WHEN kind <> 'k8s_cluster' AND kind NOT IN (SELECT kind FROM kinds) THEN 'resources of this kind are not metered'
      WHEN deployment_minor = 0 THEN 'the resource belongs to a tenant but to no deployment, so it is not metered'
      WHEN kind = 'k8s_cluster' THEN 'the cluster belongs to a deployment but none of its workers was metered'
      ELSE 'the resource belongs to a deployment but no usage was metered' END AS detail
  FROM sides WHERE amount_minor IS NOT NULL AND metered IS NULL AND deployment_minor + tenant_minor <> 0
  UNION ALL
  SELECT 'billed_not_metered', 'line:' || invoice_uuid || ':' || lpad(line_no::text, 9, '0'), kind, NULL, description, only_tenant_id,
    CASE WHEN only_tenant_id IS NOT NULL THEN deployment_id END, coalesce(duration, span_hours), 0, amount_minor,
    CASE WHEN kind = 'unknown' THEN 'resources of product "' || product || '" are never listed, so they are not metered'
      WHEN unmatched_reason = 'unknown' THEN 'the line matches no known resource'
      ELSE 'the resource was destroyed before the first sync' END
  FROM lines JOIN shares USING (reading_id, line_no) WHERE resource_id IS NULL`;

const meteredNotBilled = sql`
  SELECT 'metered_not_billed', key, kind, resource_id, metered_name, tenant_id, deployment_id, 0,
    CASE WHEN ${namesSource(sql`kind`)} THEN NULL ELSE round(hours, 6) END,
    -round(least(hours, ${cappedHours}) * price)::bigint,
    'usage was metered, but no line of the period matches the resource; ' || CASE
      WHEN price IS NULL THEN 'it cannot be valued, because the list price of ' || coalesce('size ' || sizes, 'kind ' || kind) || ' is not known'
      WHEN ${namesSource(sql`kind`)} THEN 'valued at a fifth of the list price of its droplet'
      ELSE 'valued at the list price' END
  FROM unbilled`;

const hoursDiffer = sql`
  SELECT 'hours_differ', key, kind, resource_id, billed_name, tenant_id, deployment_id, round(expected_hours, 6),
    round(coalesce(by_line.metered_hours, 0) + (d.metered - coalesce(by_line.metered, 0)) / nullif(expected / nullif(expected_hours, 0), 0), 6),
    round(CASE WHEN by_line.value IS NULL THEN (expected - d.metered) * deployment_minor / nullif(expected, 0)
      ELSE by_line.value - (d.metered - by_line.metered) * deployment_minor / nullif(expected, 0) END)::bigint,
    CASE WHEN expected > d.metered AND kind = 'droplet' THEN 'more hours invoiced than metered: the provider also charges for a droplet that is off'
      WHEN expected > d.metered THEN 'more hours invoiced than metered' ELSE 'more hours metered than invoiced' END
  FROM differing d LEFT JOIN by_line USING (kind, resource_id)`;

const unattributed = sql`
  SELECT 'unattributed', key, kind, resource_id, billed_name, NULL, NULL, round(unallocated_hours, 6), 0, unallocated_minor::bigint,
    'the resource had no owner during the invoiced time'
  FROM sides WHERE unallocated_minor <> 0`;

/** What the provider charges beyond all lines of its invoice, until the invoice is reconciled or its difference accepted. */
const billDiffers = sql`
  SELECT 'bill_differs', 'invoice:' || invoice_uuid, 'invoice', NULL, coalesce(invoice_number, invoice_uuid), NULL, NULL, NULL, NULL,
    CASE WHEN unexplained_minor <> 0 THEN unexplained_minor ELSE difference_minor END,
    'the amount of the invoice, its CSV and its items differ' || CASE WHEN unexplained_minor <> 0
      THEN ': its lines do not add up to its amount' ELSE '; its lines add up to its amount' END
  FROM month JOIN cloud_invoices USING (period, provider) WHERE status = 'unreconciled'`;

/** The differences between the bill and the metered usage of a period, each with its money. */
const findings = (query: Query): RawBuilder<unknown> => sql`
  WITH ${comparison(query)}
  ${billedNotMetered} UNION ALL ${meteredNotBilled} UNION ALL ${hoursDiffer} UNION ALL ${unattributed}
  UNION ALL ${billDiffers}`;

export type FindingSum = { finding: string; count: number; amount_minor: string };

/** A page of the differences of a period, one more than `limit` if there are more, and the number and sum of all by kind. */
export async function findingsAfter(
  db: Kysely<Tables>,
  query: Query & { finding: Finding['finding'] | undefined; after: readonly string[] | null; limit: number },
): Promise<{ page: Finding[]; sums: FindingSum[] }> {
  const [finding = '', key = ''] = query.after ?? [];
  // One statement, because the comparison is the expensive part of both.
  const statement = sql<Finding & { count: number | null }>`
    WITH found AS MATERIALIZED (${findings(query)}), page AS (
      SELECT * FROM found
      WHERE (${query.finding ?? null}::text IS NULL OR finding = ${query.finding ?? null})
        AND (${query.after === null} OR (finding, key) > (${finding}, ${key}))
      ORDER BY finding, key LIMIT ${query.limit + 1}
    )
    SELECT * FROM (
      SELECT *, NULL::int AS count FROM page
      UNION ALL
      SELECT finding, '', '', NULL, NULL, NULL, NULL, NULL, NULL, coalesce(sum(amount_minor), 0)::bigint, '', count(*)::int
      FROM found GROUP BY finding
    ) AS listed ORDER BY count IS NOT NULL, finding, key`;
  const { rows } = await db.transaction().execute(async (tx) => {
    // Postgres cannot know how many rows each part of the comparison has. Where it expects few rows, it chooses nested loops,
    // which took more than a minute for a bill of 20,000 lines that all differ, instead of three seconds.
    await sql`SET LOCAL enable_nestloop = off`.execute(tx);
    return await statement.execute(tx);
  });
  return {
    page: rows.filter(({ count }) => count === null),
    sums: rows.flatMap(({ finding: kind, count, amount_minor }) =>
      count === null ? [] : [{ finding: kind, count, amount_minor: amount_minor ?? '0' }],
    ),
  };
}
