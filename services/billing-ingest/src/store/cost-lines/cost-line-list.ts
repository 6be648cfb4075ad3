import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

export type CostLineFilter = {
  period?: string | undefined;
  kind?: string | undefined;
  invoice_uuid?: string | undefined;
  is_matched?: 'true' | 'false' | undefined;
  reason?: string | undefined;
  resource_id?: string | undefined;
  tenant_id?: string | undefined;
  deployment_id?: string | undefined;
};

export type ListedLine = Omit<Tables['cloud_cost_lines'], 'reading_id'> & {
  invoice_uuid: string;
  provider: string;
  period: string;
  currency: string;
  allocations: {
    target: 'deployment' | 'tenant' | 'operator' | 'unallocated';
    tenant_id: string | null;
    deployment_id: string | null;
    amount_minor: number;
    rule: string | null;
  }[];
};

/** Lines with their shares after a sort key, newest period first: at most `limit`. */
export async function costLinesAfter(
  db: Kysely<Tables>,
  query: {
    filter: CostLineFilter;
    after: { period: string; invoice_uuid: string; line_no: number } | null;
    limit: number;
  },
): Promise<ListedLine[]> {
  const { filter, after } = query;
  const invoices = [
    filter.period === undefined ? null : sql`i.period = ${filter.period}`,
    filter.invoice_uuid === undefined ? null : sql`i.invoice_uuid = ${filter.invoice_uuid}`,
    after === null
      ? null
      : sql`(i.period < ${after.period} OR (i.period = ${after.period} AND i.invoice_uuid >= ${after.invoice_uuid}))`,
  ];
  const lines = [
    filter.kind === undefined ? null : sql`l.kind = ${filter.kind}`,
    filter.is_matched === undefined ? null : sql`(l.resource_id IS NOT NULL) = ${filter.is_matched === 'true'}`,
    filter.reason === undefined ? null : sql`l.unmatched_reason = ${filter.reason}`,
    filter.resource_id === undefined ? null : sql`l.resource_id = ${filter.resource_id}`,
    filter.tenant_id === undefined ? null : borneBy(sql`a.tenant_id = ${filter.tenant_id}`),
    filter.deployment_id === undefined ? null : borneBy(sql`a.deployment_id = ${filter.deployment_id}`),
    // As a single comparison with a number it is a position in the index, where the page begins.
    after === null
      ? null
      : sql`l.line_no > CASE WHEN i.invoice_uuid = ${after.invoice_uuid} THEN ${after.line_no}::int ELSE 0 END`,
  ];
  const { rows } = await sql<ListedLine>`
    SELECT i.invoice_uuid, i.provider, l.line_no, i.period, l.product, l.kind, l.description, l.group_description, l.project_name, l.category,
      l.hours, l.start_at, l.end_at, l.amount, l.amount_minor, l.is_tax, l.provider_ids, l.resource_id, l.matched_by,
      l.unmatched_reason, i.currency, coalesce(s.allocations, '[]') AS allocations
    FROM cloud_invoices i
    CROSS JOIN LATERAL (
      SELECT * FROM cloud_cost_lines l WHERE l.reading_id = i.reading_id AND ${all(lines)} ORDER BY line_no LIMIT ${query.limit}
    ) l
    LEFT JOIN LATERAL (
      SELECT json_agg(json_build_object('target', target, 'tenant_id', tenant_id, 'deployment_id', deployment_id,
        'amount_minor', amount_minor, 'rule', rule) ORDER BY share_no) AS allocations
      FROM cloud_cost_allocations a WHERE a.reading_id = l.reading_id AND a.line_no = l.line_no
    ) s ON true
    WHERE ${all(invoices)}
    ORDER BY i.period DESC, i.invoice_uuid, l.line_no LIMIT ${query.limit}`.execute(db);
  return rows;
}

function all(conditions: readonly (ReturnType<typeof sql> | null)[]) {
  const given = conditions.filter((condition) => condition !== null);
  return given.length === 0 ? sql`true` : sql.join(given, sql` AND `);
}

const borneBy = (condition: ReturnType<typeof sql>) =>
  sql`EXISTS (SELECT 1 FROM cloud_cost_allocations a WHERE a.reading_id = l.reading_id AND a.line_no = l.line_no AND ${condition})`;

/** Yields all lines that match the filter, a thousand at a time. */
export async function* allCostLines(db: Kysely<Tables>, filter: CostLineFilter): AsyncGenerator<ListedLine[]> {
  const limit = 1000;
  for (let after: { period: string; invoice_uuid: string; line_no: number } | null = null; ; ) {
    const lines: ListedLine[] = await costLinesAfter(db, { filter, after, limit });
    if (lines.length > 0) yield lines;
    after = lines.at(-1) ?? null;
    if (after === null || lines.length < limit) return;
  }
}

type MatchSum = { lines: number; matched: number; amount_minor: string; matched_minor: string };

/** Matched and total lines and amounts by period and by kind, without tax lines, which match no resource. */
export async function matchSums(db: Kysely<Tables>, period: string | undefined) {
  const counted = sql`count(*)::int AS lines, count(resource_id)::int AS matched, sum(amount_minor) AS amount_minor,
    coalesce(sum(amount_minor) FILTER (WHERE resource_id IS NOT NULL), 0) AS matched_minor`;
  const countedLines = sql`cloud_invoices JOIN cloud_cost_lines USING (reading_id)`;
  const where = sql`NOT is_tax AND (${period ?? null}::text IS NULL OR period = ${period ?? null})`;
  const byPeriod = await sql<MatchSum & { period: string }>`
    SELECT period, ${counted} FROM ${countedLines} WHERE ${where} GROUP BY period ORDER BY period DESC LIMIT 240`.execute(
    db,
  );
  const byKind = await sql<MatchSum & { kind: string }>`
    SELECT kind, ${counted} FROM ${countedLines} WHERE ${where} GROUP BY kind ORDER BY kind`.execute(db);
  const unmatched = await sql<{ reason: string; lines: number; amount_minor: string }>`
    SELECT unmatched_reason AS reason, count(*)::int AS lines, sum(amount_minor) AS amount_minor FROM ${countedLines}
    WHERE unmatched_reason IS NOT NULL AND (${period ?? null}::text IS NULL OR period = ${period ?? null})
    GROUP BY 1 ORDER BY 1`.execute(db);
  const neverListed = await sql<{ product: string; lines: number; amount_minor: string }>`
    SELECT min(product) AS product, count(*)::int AS lines, sum(amount_minor) AS amount_minor FROM ${countedLines}
    WHERE kind = 'unknown' AND resource_id IS NULL AND ${where}
    GROUP BY lower(product) ORDER BY sum(amount_minor) DESC, lower(product) LIMIT 100`.execute(db);
  return {
    byPeriod: byPeriod.rows,
    byKind: byKind.rows,
    unmatched: unmatched.rows,
    neverListed: neverListed.rows,
  };
}
