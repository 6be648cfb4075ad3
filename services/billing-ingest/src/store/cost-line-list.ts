import { type Kysely, sql } from 'kysely';
import type { Database } from './schema.ts';

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

export type ListedLine = Omit<Database['cloud_cost_lines'], 'name_keys'> & {
  currency: string;
  allocations: {
    target: 'deployment' | 'tenant' | 'operator' | 'unallocated';
    tenant_id: string | null;
    deployment_id: string | null;
    amount_minor: number;
    rule: string | null;
  }[];
};

/** Lines with their shares, newest period first, from after a key on. */
export const costLinesAfter = async (
  db: Kysely<Database>,
  wanted: {
    filter: CostLineFilter;
    after: { period: string; invoice_uuid: string; line_no: number } | null;
    limit: number;
  },
): Promise<ListedLine[]> => {
  const { filter, after } = wanted;
  const conditions = [
    filter.period === undefined ? null : sql`l.period = ${filter.period}`,
    filter.kind === undefined ? null : sql`l.kind = ${filter.kind}`,
    filter.invoice_uuid === undefined ? null : sql`l.invoice_uuid = ${filter.invoice_uuid}`,
    filter.is_matched === undefined ? null : sql`(l.resource_id IS NOT NULL) = ${filter.is_matched === 'true'}`,
    filter.reason === undefined ? null : sql`l.unmatched_reason = ${filter.reason}`,
    filter.resource_id === undefined ? null : sql`l.resource_id = ${filter.resource_id}`,
    filter.tenant_id === undefined ? null : borneBy(sql`a.tenant_id = ${filter.tenant_id}`),
    filter.deployment_id === undefined ? null : borneBy(sql`a.deployment_id = ${filter.deployment_id}`),
    after === null
      ? null
      : sql`(l.period < ${after.period} OR (l.period = ${after.period} AND (l.invoice_uuid, l.line_no) > (${after.invoice_uuid}, ${after.line_no}::int)))`,
  ].filter((condition) => condition !== null);
  const where = conditions.length === 0 ? sql`true` : sql.join(conditions, sql` AND `);
  const { rows } = await sql<ListedLine>`
    SELECT l.invoice_uuid, l.line_no, l.period, l.product, l.kind, l.description, l.group_description, l.project_name, l.category,
      l.hours, l.start_at, l.end_at, l.amount, l.amount_minor, l.is_tax, l.provider_ids, l.resource_id, l.matched_by,
      l.unmatched_reason, i.currency, coalesce(s.allocations, '[]') AS allocations
    FROM (SELECT * FROM cloud_cost_lines l WHERE ${where} ORDER BY period DESC, invoice_uuid, line_no LIMIT ${wanted.limit}) l
    JOIN cloud_invoices i USING (invoice_uuid)
    LEFT JOIN LATERAL (
      SELECT json_agg(json_build_object('target', target, 'tenant_id', tenant_id, 'deployment_id', deployment_id,
        'amount_minor', amount_minor, 'rule', rule) ORDER BY share_no) AS allocations
      FROM cloud_cost_allocations a WHERE a.invoice_uuid = l.invoice_uuid AND a.line_no = l.line_no
    ) s ON true
    ORDER BY l.period DESC, l.invoice_uuid, l.line_no`.execute(db);
  return rows;
};

const borneBy = (condition: ReturnType<typeof sql>) =>
  sql`EXISTS (SELECT 1 FROM cloud_cost_allocations a WHERE a.invoice_uuid = l.invoice_uuid AND a.line_no = l.line_no AND ${condition})`;

/** All lines that fit, a thousand at a time. */
export async function* allCostLines(db: Kysely<Database>, filter: CostLineFilter): AsyncGenerator<ListedLine[]> {
  const limit = 1000;
  for (let after: { period: string; invoice_uuid: string; line_no: number } | null = null; ; ) {
    const lines: ListedLine[] = await costLinesAfter(db, { filter, after, limit });
    if (lines.length > 0) yield lines;
    after = lines.at(-1) ?? null;
    if (after === null || lines.length < limit) return;
  }
}

type MatchSum = { lines: number; matched: number; amount_minor: string; matched_minor: string };

/** How much is matched, by period and by kind; tax has nothing to match and is left out. */
export const matchSums = async (db: Kysely<Database>, period: string | undefined) => {
  const counted = sql`count(*)::int AS lines, count(resource_id)::int AS matched, sum(amount_minor) AS amount_minor,
    coalesce(sum(amount_minor) FILTER (WHERE resource_id IS NOT NULL), 0) AS matched_minor`;
  const where = sql`NOT is_tax AND (${period ?? null}::text IS NULL OR period = ${period ?? null})`;
  const byPeriod = await sql<MatchSum & { period: string }>`
    SELECT period, ${counted} FROM cloud_cost_lines WHERE ${where} GROUP BY period ORDER BY period DESC LIMIT 240`.execute(
    db,
  );
  const byKind = await sql<MatchSum & { kind: string }>`
    SELECT kind, ${counted} FROM cloud_cost_lines WHERE ${where} GROUP BY kind ORDER BY kind`.execute(db);
  const unmatched = await sql<{ reason: string; lines: number; amount_minor: string }>`
    SELECT unmatched_reason AS reason, count(*)::int AS lines, sum(amount_minor) AS amount_minor FROM cloud_cost_lines
    WHERE unmatched_reason IS NOT NULL AND (${period ?? null}::text IS NULL OR period = ${period ?? null})
    GROUP BY 1 ORDER BY 1`.execute(db);
  return { byPeriod: byPeriod.rows, byKind: byKind.rows, unmatched: unmatched.rows };
};
