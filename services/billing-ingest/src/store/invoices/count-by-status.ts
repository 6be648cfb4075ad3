import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';
import type { InvoiceRow } from './invoices.ts';

type Count = { status: InvoiceRow['status']; invoices: number; newest_period: string };

export async function countByStatus(db: Kysely<Tables>): Promise<Count[]> {
  const { rows } = await sql<Count>`
    SELECT status, count(*)::int AS invoices, max(period) AS newest_period FROM cloud_invoices
    GROUP BY status ORDER BY status`.execute(db);
  return rows;
}
