import { job } from '@arcadia/platform';
import { sql } from 'kysely';
import { z } from 'zod';
import { providerOf } from './clients/provider.ts';
import type { Config } from './config.ts';
import { parseInstant } from './domain/line-times.ts';
import { providerQueue } from './ingest-invoice.ts';
import type { Database } from './store/schema.ts';

const input = z.object({});

/** What the account owes, each hour. */
export const snapshotBalanceJob = job<typeof input, Database, Config>({
  ...providerQueue,
  name: 'snapshot-balance',
  maxAttempts: 5,
  input,
  key: () => 'all',
  schedule: { cron: '7 * * * *', input: () => ({}), catchUp: 'newest' },
  run: async ({ scheduledAt, signal }, ctx) => {
    const provider = providerOf(ctx);
    if (provider === null) return;
    const balance = await provider.billing.balance(signal);
    const { name, currency } = ctx.config.provider;
    await sql`
      INSERT INTO cloud_balance_snapshots (provider, taken_at, currency, month_to_date_balance, account_balance, month_to_date_usage, generated_at)
      VALUES (${name}, ${(scheduledAt ?? ctx.clock.now()).toString()}, ${currency}, ${balance.month_to_date_balance},
        ${balance.account_balance}, ${balance.month_to_date_usage}, ${parseInstant(balance.generated_at)?.toString() ?? null})
      ON CONFLICT (provider, taken_at) DO UPDATE SET month_to_date_balance = excluded.month_to_date_balance,
        account_balance = excluded.account_balance, month_to_date_usage = excluded.month_to_date_usage,
        generated_at = excluded.generated_at`.execute(ctx.db);
  },
});
