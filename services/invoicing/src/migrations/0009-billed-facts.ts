import { type Kysely, sql } from 'kysely';

/**
 * What an invoice billed of its own month are the facts that stood at its close, told by their hash in the manifest; a list of
 * them is kept for the months it adjusts only, which no close pins down.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw('ALTER TABLE tenant_invoices ADD COLUMN facts_hash text').execute(db);
  await sql
    .raw(
      'DELETE FROM invoice_facts f USING tenant_invoices i WHERE i.invoice_id = f.invoice_id AND i.period = f.period',
    )
    .execute(db);
}
