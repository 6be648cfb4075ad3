import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * When a token's allowances will be whole again, shared by all replicas. Not worth a write to the log: after a crash the
 * table is empty and the provider's own headers tell. The token itself is not kept.
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
