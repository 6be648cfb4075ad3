import { type Kysely, sql } from 'kysely';
import type { InvoiceRow } from './invoices.ts';
import type { Database } from './schema.ts';

/** Invoices, newest period first, `limit + 1` of them. */
export const invoicesAfter = async (
  db: Kysely<Database>,
  wanted: {
    status: InvoiceRow['status'] | undefined;
    period: string | undefined;
    after: readonly string[] | null;
    limit: number;
  },
): Promise<InvoiceRow[]> => {
  const [period = '', uuid = ''] = wanted.after ?? [];
  const { rows } = await sql<InvoiceRow>`
    SELECT * FROM cloud_invoices
    WHERE (${wanted.status ?? null}::text IS NULL OR status = ${wanted.status ?? null})
      AND (${wanted.period ?? null}::text IS NULL OR period = ${wanted.period ?? null})
      AND (${wanted.after === null} OR period < ${period} OR (period = ${period} AND invoice_uuid > ${uuid}))
    ORDER BY period DESC, invoice_uuid LIMIT ${wanted.limit + 1}`.execute(db);
  return rows;
};

/** What an invoice comes to, by kind, by reason and by who bears it. */
export const invoiceSums = async (db: Kysely<Database>, readingId: string | null) => {
  const byKind = await sql<{ kind: string; lines: number; matched: number; amount_minor: string }>`
    SELECT kind, count(*)::int AS lines, count(resource_id)::int AS matched, sum(amount_minor) AS amount_minor
    FROM cloud_cost_lines WHERE reading_id = ${readingId} GROUP BY kind ORDER BY kind`.execute(db);
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
  }>`
    SELECT target, tenant_id, deployment_id, sum(amount_minor) AS amount_minor
    FROM cloud_cost_allocations WHERE reading_id = ${readingId}
    GROUP BY target, tenant_id, deployment_id ORDER BY target, tenant_id, deployment_id`.execute(db);
  return { byKind: byKind.rows, byReason: byReason.rows, allocated: allocated.rows };
};
