import { type billingIngest, canonicalDecimal, refuse } from '@arcadia/contracts';
import type { ReadRequest } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { newestBalances } from '../store/balance/balance-snapshots.ts';

export async function getBalance({ input }: ReadRequest<typeof billingIngest.getBalance>, ctx: Context) {
  const rows = await newestBalances(ctx.db, input.history + 1);
  const [newest, ...history] = rows.map((row) => ({
    ...row,
    month_to_date_balance: canonicalDecimal(row.month_to_date_balance),
    account_balance: canonicalDecimal(row.account_balance),
    month_to_date_usage: canonicalDecimal(row.month_to_date_usage),
  }));
  if (newest === undefined)
    return refuse('not-found', 'No balance has been fetched yet; it is fetched at seven minutes past each hour.');
  return { ...newest, history };
}
