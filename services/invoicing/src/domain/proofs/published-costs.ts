import type { EventData, invoicing } from '@arcadia/contracts';
import type { BilledAmount, ExchangeRate, ListPrice, ProviderBill } from '../rating/terms.ts';

/** A change of a list price, of an exchange rate, or of a bill of the provider. */
export type PublishedCost =
  | { type: 'list-price.changed'; data: EventData<typeof invoicing.listPriceChanged> }
  | { type: 'exchange-rate.changed'; data: EventData<typeof invoicing.exchangeRateChanged> }
  | { type: 'provider-bill.changed'; data: EventData<typeof invoicing.providerBillChanged> };

/** What the bills of a month charge for the deployments of a tenant, in messages of `billed-amounts.changed`. */
export type PublishedAmounts = EventData<typeof invoicing.billedAmountsChanged>;

/** The provider's prices, the exchange rates and the bills as they stood after these messages. */
export const publishedCosts = (
  published: readonly PublishedCost[],
): { list_prices: ListPrice[]; rates: ExchangeRate[]; bills: ProviderBill[] } => {
  const prices = new Map<string, ListPrice>();
  const rates = new Map<string, ExchangeRate>();
  const bills = new Map<string, ProviderBill>();
  for (const { type, data } of published) {
    if (type === 'list-price.changed') {
      const { source: _, revision: __, ...price } = data;
      prices.set(`${price.kind} ${price.dimension ?? ''} ${price.valid_from}`, price);
    } else if (type === 'provider-bill.changed') {
      const { currency, invoice_number, invoice_uuid } = data;
      bills.set(invoice_uuid, { currency, invoice_number, invoice_uuid });
    } else {
      const { revision: _, ...rate } = data;
      rates.set(`${rate.period} ${rate.from} ${rate.to}`, rate);
    }
  }
  return { list_prices: [...prices.values()], rates: [...rates.values()], bills: [...bills.values()] };
};

/** The amounts by deployment, of each bill those of its highest revision. */
export const publishedAmounts = (published: readonly PublishedAmounts[]): ReadonlyMap<string, BilledAmount[]> => {
  const newest = new Map<string, number>();
  for (const { invoice_uuid, revision } of published)
    newest.set(invoice_uuid, Math.max(revision, newest.get(invoice_uuid) ?? 0));
  const amounts = published
    .filter(({ invoice_uuid, revision }) => revision === newest.get(invoice_uuid))
    .flatMap(({ invoice_uuid, amounts: own }) =>
      own.map(({ deployment_id, ...amount }) => ({ deployment_id, amount: { ...amount, invoice_uuid } })),
    );
  return new Map(
    [...Map.groupBy(amounts, ({ deployment_id }) => deployment_id)].map(([deployment, own]) => [
      deployment,
      own.map(({ amount }) => amount),
    ]),
  );
};
