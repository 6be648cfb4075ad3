import { type SortColumn, type Sorting, sortedBy } from '@arcadia/platform';
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { InvoiceRow } from './invoices.ts';

const sortId = { column: sql`invoice_uuid`, type: 'text' } as const;
const sortColumns = {
  period: { value: sql`period`, type: 'text' },
  status: { value: sql`status`, type: 'text' },
  discovered_at: { value: sql`discovered_at`, type: 'timestamptz' },
  amount_gross_minor: { value: sql`coalesce(amount_gross_minor, 0)`, type: 'bigint' },
} as const satisfies Record<string, SortColumn>;

/** Invoices, newest period first unless they are sorted: `limit + 1` of them if there are more than `limit`. `after` is [period, invoice_uuid]. */
export async function invoicesAfter(
  db: Kysely<Tables>,
  query: {
    status: InvoiceRow['status'] | undefined;
    period: string | undefined;
    after: readonly string[] | null;
    sorting: Sorting<keyof typeof sortColumns> | null;
    limit: number;
  },
): Promise<(InvoiceRow & { sort_key: string | null })[]> {
  const sorted = query.sorting === null ? null : sortedBy(sortColumns[query.sorting.key], sortId, query.sorting);
  const [period = '', uuid = ''] = query.after ?? [];
  const { rows } = await sql<InvoiceRow & { sort_key: string | null }>`
    SELECT *, ${sorted?.key ?? sql`NULL`} AS sort_key FROM cloud_invoices
    WHERE (${query.status ?? null}::text IS NULL OR status = ${query.status ?? null})
      AND (${query.period ?? null}::text IS NULL OR period = ${query.period ?? null})
      AND (${query.after === null} OR period < ${period} OR (period = ${period} AND invoice_uuid > ${uuid}))
      AND ${sorted?.page ?? sql`true`}
    ORDER BY ${sorted?.order ?? sql`period DESC, invoice_uuid`} LIMIT ${query.limit + 1}`.execute(db);
  return rows;
}

/** The lines of a reading summed by kind. */
export async function kindSums(db: Kysely<Tables>, readingId: string | null) {
  const { rows } = await sql<{ kind: string; lines: number; matched: number; amount_minor: string }>`
    SELECT kind, count(*)::int AS lines, count(resource_id)::int AS matched, sum(amount_minor) AS amount_minor
    FROM cloud_cost_lines WHERE reading_id = ${readingId} GROUP BY kind ORDER BY kind`.execute(db);
  return rows;
}

/** Those who pay most, shown with an invoice: their number grows with the customers. */
const shownOwners = 500;

/** The sums of an invoice's lines by kind, by reason for being unmatched, and by owner. */
export async function invoiceSums(db: Kysely<Tables>, readingId: string | null) {
  const byKind = await kindSums(db, readingId);
  const byReason = await sql<{ reason: string; lines: number; amount_minor: string }>`
    SELECT unmatched_reason AS reason, count(*)::int AS lines, sum(amount_minor) AS amount_minor
    FROM cloud_cost_lines WHERE reading_id = ${readingId} AND unmatched_reason IS NOT NULL GROUP BY 1 ORDER BY 1`.execute(
    db,
  );
  const allocated = await sql<{
    target: 'deployment' | 'tenant' | 'operator' | 'unallocated';
    tenant_id: string | null;
    deployment_id: string | null;
    amount_minor: string;
    owners: number;
  }>`
    SELECT * FROM (
      SELECT target, tenant_id, deployment_id, sum(amount_minor) AS amount_minor, (count(*) OVER ())::int AS owners
      FROM cloud_cost_allocations WHERE reading_id = ${readingId}
      GROUP BY target, tenant_id, deployment_id ORDER BY abs(sum(amount_minor)) DESC, target, tenant_id, deployment_id LIMIT ${shownOwners}
    ) AS largest ORDER BY target, tenant_id, deployment_id`.execute(db);
  return {
    byKind,
    byReason: byReason.rows,
    allocated: allocated.rows.map(({ owners: _owners, ...row }) => row),
    allocatedCount: allocated.rows[0]?.owners ?? 0,
  };
}
