/** The provider's list prices and the pinned exchange rates. */
export type CostTables = {
  list_prices: {
    kind: string;
    dimension: string | null;
    valid_from: string;
    currency: string;
    price_monthly: string | null;
    unit_price: string | null;
    source: 'provider' | 'operator';
    revision: number;
  };
  exchange_rates: { period: string; from_currency: string; to_currency: string; rate: string; revision: number };
};
