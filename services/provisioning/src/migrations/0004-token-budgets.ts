import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The remaining requests of each provider token, shared by all replicas. The token is stored only as a hash. The table is
 * unlogged: a crash empties it, and the headers of the provider's next response correct it.
 */
export const tokenBudgets: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql`
      CREATE UNLOGGED TABLE token_budgets (
        token_hash text PRIMARY KEY,
        minute_full_at timestamptz NOT NULL,
        hour_full_at timestamptz NOT NULL,
        blocked_until timestamptz
      )`.execute(db);
  },
};
