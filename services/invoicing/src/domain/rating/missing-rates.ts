import { awaitingKinds } from './missing-bill.ts';
import type { Rating, RatingInput } from './rate.ts';

/**
 * The sentence that names the exchange rates that a month needs before it is invoiced; null if it needs none. A month that does not
 * wait for the provider's bill needs no rate for it.
 */
export const missingRates = (
  input: RatingInput,
  { unrated }: Pick<Rating, 'unrated'>,
  { isWithoutBill }: { isWithoutBill: boolean } = { isWithoutBill: false },
): string | null => {
  const byCost = new Set(unrated.filter(({ reason }) => reason === 'no_rate').map(({ kind }) => kind));
  const ofPrices = (input.list_prices ?? []).filter(({ kind }) => byCost.has(kind)).map(({ currency }) => currency);
  const { bills = [] } = input;
  const waiting = isWithoutBill || bills.length === 0 ? [] : awaitingKinds(input);
  const ofBills = waiting.length === 0 ? [] : bills.map(({ currency }) => currency);
  const from = [...ofPrices, ...ofBills].filter(
    (currency) => currency !== input.currency && !(input.rates ?? []).some((rate) => rate.from === currency),
  );
  if (from.length === 0) return null;
  const kinds = new Set([...(ofPrices.length === 0 ? [] : byCost), ...(ofBills.length === 0 ? [] : waiting)]);
  const named = [...new Set(from)].toSorted().map((currency) => `${currency} to ${input.currency}`);
  return `the exchange rate ${named.join(' and ')} of ${input.period} is not pinned, and the price of ${[...kinds].toSorted().join(', ')} needs it; pin it with PUT /api/v1/billing/fx-rates`;
};
