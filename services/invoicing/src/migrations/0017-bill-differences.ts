import { type Kysely, sql } from 'kysely';

/** What a provider invoice has beyond its lines while it is neither reconciled nor accepted; 0 for every earlier one. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE provider_invoices ADD COLUMN difference_cents bigint NOT NULL DEFAULT 0`.execute(db);
}
