import type { JobRun } from '@arcadia/platform';
import { providerOf } from '../clients/provider.ts';
import type { Context } from '../context.ts';
import { parseInstant } from '../domain/cost-lines/line-times.ts';
import { upsertBalance } from '../store/balance/balance-snapshots.ts';

/** Stores the account's balance at the provider, once per hour. */
export async function snapshotBalance({ scheduledAt, signal }: JobRun<object>, ctx: Context): Promise<void> {
  const provider = providerOf(ctx);
  if (provider === null) return;
  const balance = await provider.billing.balance(signal);
  const { name, currency } = ctx.config.provider;
  await upsertBalance(ctx.db, {
    provider: name,
    taken_at: (scheduledAt ?? ctx.clock.now()).toString(),
    currency,
    month_to_date_balance: balance.month_to_date_balance,
    account_balance: balance.account_balance,
    month_to_date_usage: balance.month_to_date_usage,
    generated_at: parseInstant(balance.generated_at)?.toString() ?? null,
  });
}
