import { type Kysely, sql } from 'kysely';

/** The content of a provider file is stored compressed; without `coding` it is as received, as earlier versions stored it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE cloud_invoice_evidence_chunks ADD COLUMN coding text CHECK (coding = 'zstd')`.execute(db);
  // Postgres would try in vain to compress it again.
  await sql`ALTER TABLE cloud_invoice_evidence_chunks ALTER COLUMN content SET STORAGE EXTERNAL`.execute(db);
}
