import { invoicing } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import type { ExchangeRate } from '../domain/rating/terms.ts';
import { enqueueRuns } from '../invoices/enqueue-runs.ts';
import { saveExchangeRates } from '../store/costs/exchange-rates.ts';
import { lockCosts } from '../store/costs/list-prices.ts';
import { waitingRunsOfPeriods } from '../store/invoices/runs.ts';

/** Keeps pinned exchange rates, publishes those that changed, and starts the invoice runs that may have waited for them. */
export const takeExchangeRates = async (tx: Tx, rates: readonly ExchangeRate[]): Promise<void> => {
  const newest = new Map(rates.map((rate) => [`${rate.period} ${rate.from} ${rate.to}`, rate]));
  if (newest.size === 0) return;
  await lockCosts(tx.sql, 'change');
  const changed = await saveExchangeRates(tx.sql, [...newest.values()]);
  await tx.publish(invoicing.exchangeRateChanged, changed);
  const periods = [...new Set(changed.map(({ period }) => period))];
  // In a transaction of its own, as after a changed bill: amounts that were billed without a rate are adjusted.
  for (const period of periods) await tx.enqueue('note-changed-bill', { period });
  await enqueueRuns(tx, await waitingRunsOfPeriods(tx.sql, periods));
};
