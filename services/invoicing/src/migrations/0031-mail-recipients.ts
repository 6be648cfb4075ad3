import { type Kysely, sql } from 'kysely';

/** To whom invoices are mailed, and in which language; a profile that is published has a revision. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`ALTER TABLE billing_profiles
    ADD COLUMN language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'de')),
    ADD COLUMN email_recipients text[] NOT NULL DEFAULT '{}',
    ADD COLUMN revision integer NOT NULL DEFAULT 1`.execute(db);
}
