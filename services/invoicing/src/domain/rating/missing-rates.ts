import type { Rating, RatingInput } from './rate.ts';

/** The sentence that names the exchange rates that a month needs before it is invoiced; null if it needs none. */
export const missingRates = (input: RatingInput, { unrated }: Pick<Rating, 'unrated'>): string | null => {
  const kinds = new Set(unrated.filter(({ reason }) => reason === 'no_rate').map(({ kind }) => kind));
  if (kinds.size === 0) return null;
  const from = (input.list_prices ?? [])
    .filter(({ kind, currency }) => kinds.has(kind) && currency !== input.currency)
    .map(({ currency }) => currency)
    .filter((currency) => !(input.rates ?? []).some((rate) => rate.from === currency));
  const named = [...new Set(from)].toSorted().map((currency) => `${currency} to ${input.currency}`);
  return `the exchange rate ${named.join(' and ')} of ${input.period} is not pinned, and the price of ${[...kinds].toSorted().join(', ')} needs it; pin it with PUT /api/v1/billing/fx-rates`;
};
