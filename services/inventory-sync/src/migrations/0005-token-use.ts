import { type Kysely, sql } from 'kysely';

/** How many requests of the hour a token has left, as the provider counted them, for everything that uses the token. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    ALTER TABLE token_budgets ADD COLUMN hour_limit integer, ADD COLUMN hour_remaining integer, ADD COLUMN counted_at timestamptz`.execute(
    db,
  );
}
