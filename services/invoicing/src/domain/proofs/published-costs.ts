import type { EventData, invoicing } from '@arcadia/contracts';
import type { ExchangeRate, ListPrice } from '../rating/terms.ts';

/** A change of a list price or of an exchange rate. */
export type PublishedCost =
  | { type: 'list-price.changed'; data: EventData<typeof invoicing.listPriceChanged> }
  | { type: 'exchange-rate.changed'; data: EventData<typeof invoicing.exchangeRateChanged> };

/** The provider's prices and the exchange rates as they stood after these messages. */
export const publishedCosts = (
  published: readonly PublishedCost[],
): { list_prices: ListPrice[]; rates: ExchangeRate[] } => {
  const prices = new Map<string, ListPrice>();
  const rates = new Map<string, ExchangeRate>();
  for (const { type, data } of published) {
    if (type === 'list-price.changed') {
      const { source: _, revision: __, ...price } = data;
      prices.set(`${price.kind} ${price.dimension ?? ''} ${price.valid_from}`, price);
    } else {
      const { revision: _, ...rate } = data;
      rates.set(`${rate.period} ${rate.from} ${rate.to}`, rate);
    }
  }
  return { list_prices: [...prices.values()], rates: [...rates.values()] };
};
