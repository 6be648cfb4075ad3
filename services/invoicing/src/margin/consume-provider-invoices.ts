import type { billingIngest } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { takeExchangeRates } from '../costs/take-exchange-rates.ts';
import { projectProviderInvoice } from '../store/margin/provider-costs.ts';

type Ingested = Received<typeof billingIngest.invoiceIngested>;
type Pinned = Received<typeof billingIngest.exchangeRatePinned>;

/** Keeps the costs that the provider charged, for the margin, and the exchange rates, for prices that rest on the provider's. */
export async function consumeProviderInvoices(batch: (Ingested | Pinned)[], tx: Tx): Promise<void> {
  for (const event of batch) if (event.type === 'invoice.ingested') await projectProviderInvoice(tx.sql, event.data);
  // An invoice carries its rate too, so that one pinned before rates were published is known.
  const rates = batch.flatMap(({ type, data }) =>
    type === 'exchange-rate.pinned'
      ? [{ period: data.period, from: data.from, to: data.to, rate: data.rate }]
      : data.fx === null
        ? []
        : [{ period: data.period, from: data.currency, to: data.fx.to, rate: data.fx.rate }],
  );
  await takeExchangeRates(tx, rates);
}
