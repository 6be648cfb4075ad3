import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

type BalanceRow = Tables['cloud_balance_snapshots'];

/** Stores a balance; one that was taken at the same time before is replaced. */
export async function upsertBalance(db: Kysely<Tables>, balance: BalanceRow): Promise<void> {
  await sql`
    INSERT INTO cloud_balance_snapshots
      (provider, taken_at, currency, month_to_date_balance, account_balance, month_to_date_usage, generated_at)
    VALUES (${balance.provider}, ${balance.taken_at}, ${balance.currency}, ${balance.month_to_date_balance},
      ${balance.account_balance}, ${balance.month_to_date_usage}, ${balance.generated_at})
    ON CONFLICT (provider, taken_at) DO UPDATE SET month_to_date_balance = excluded.month_to_date_balance,
      account_balance = excluded.account_balance, month_to_date_usage = excluded.month_to_date_usage,
      generated_at = excluded.generated_at`.execute(db);
}

export async function newestBalances(db: Kysely<Tables>, limit: number): Promise<BalanceRow[]> {
  return db.selectFrom('cloud_balance_snapshots').selectAll().orderBy('taken_at', 'desc').limit(limit).execute();
}
