import { sql } from 'kysely';
import type { Db, Tables } from '../schema.ts';
import { insertLines } from './draft-invoices.ts';
import type { InvoiceLineRow } from './invoice-line-row.ts';

/** The next invoice after an id that has no lines, with what its rating read; null when there is none. */
export const nextWithoutLines = async (
  db: Db,
  after: string,
): Promise<Pick<Tables['tenant_invoices'], 'invoice_id' | 'input' | 'output_hash'> | null> =>
  (await db
    .selectFrom('tenant_invoices as i')
    .select(['invoice_id', 'input', 'output_hash'])
    .where('invoice_id', '>', after)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('tenant_invoice_lines as l').select('l.line_id').whereRef('l.invoice_id', '=', 'i.invoice_id'),
        ),
      ),
    )
    .orderBy('invoice_id')
    .limit(1)
    .executeTakeFirst()) ?? null;

/** Writes the lines of an invoice whose head was restored; that of an issued invoice allows none otherwise. */
export const restoreLines = async (db: Db, lines: readonly InvoiceLineRow[]): Promise<void> => {
  await sql`ALTER TABLE tenant_invoice_lines DISABLE TRIGGER USER`.execute(db);
  await insertLines(lines).execute(db);
  await sql`ALTER TABLE tenant_invoice_lines ENABLE TRIGGER USER`.execute(db);
};

/** Sets each series to go on after the highest number of its documents. Numbers have no gaps, so none was given that no document has. */
export const restoreNumbers = async (db: Db): Promise<void> => {
  await sql`UPDATE number_series s SET last_number = greatest(s.last_number, (
      SELECT max(substr(d.number, length(s.series) + 2)::bigint) FROM (
        SELECT number FROM tenant_invoices UNION ALL SELECT number FROM credit_notes UNION ALL SELECT number FROM receivables
      ) AS d WHERE starts_with(d.number, s.series || '-')))`.execute(db);
};
