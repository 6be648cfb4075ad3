import { type billingIngest, canonicalDecimal, refuse } from '@arcadia/contracts';
import type { BillingContext, Read } from './context.ts';

export const showBalance = async ({ input }: Read<typeof billingIngest.getBalance>, ctx: BillingContext) => {
  const rows = await ctx.db
    .selectFrom('cloud_balance_snapshots')
    .selectAll()
    .orderBy('taken_at', 'desc')
    .limit(input.history + 1)
    .execute();
  const [newest, ...history] = rows.map((row) => ({
    ...row,
    month_to_date_balance: canonicalDecimal(row.month_to_date_balance),
    account_balance: canonicalDecimal(row.account_balance),
    month_to_date_usage: canonicalDecimal(row.month_to_date_usage),
  }));
  if (newest === undefined)
    return refuse('not-found', 'No balance has been asked for yet; that is done at seven minutes past each hour.');
  return { ...newest, history };
};
