import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import type { InvoiceTotals } from '../../domain/invoices/reconcile-totals.ts';
import type { Tables } from '../schema.ts';

export type Acceptance = Selectable<Tables['cloud_invoice_acceptances']>;

export const insertAcceptance = async (db: Transaction<Tables>, acceptance: Acceptance): Promise<void> => {
  await db.insertInto('cloud_invoice_acceptances').values(acceptance).execute();
};

/** The acceptance of an invoice with exactly these totals: others were never shown to the operator. */
export async function findAcceptance(
  db: Kysely<Tables>,
  invoiceUuid: string,
  totals: InvoiceTotals,
): Promise<Acceptance | undefined> {
  const { rows } = await sql<Acceptance>`
    SELECT * FROM cloud_invoice_acceptances WHERE invoice_uuid = ${invoiceUuid}
      AND (header_minor, csv_minor, items_minor) IS NOT DISTINCT FROM
        (${totals.header_minor}::bigint, ${totals.csv_minor}::bigint, ${totals.items_minor}::bigint)
    ORDER BY accepted_at DESC LIMIT 1`.execute(db);
  return rows[0];
}
