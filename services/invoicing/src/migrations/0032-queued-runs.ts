import { type Kysely, sql } from 'kysely';

/** A run is recorded when it is queued, so that the number of tenants to invoice is known before the first is invoiced. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  `ALTER TABLE invoice_runs ADD COLUMN queued_at timestamptz`,
  `COMMENT ON TABLE invoice_runs IS 'Invoice runs of tenants and periods with their results, from when they are queued on'`,
];
