import { usageKinds } from '@arcadia/contracts';
import { hasDimension } from './check-plan.ts';
import type { EnteredListPrice } from './list-price-file.ts';

/**
 * The first fault of a list of list prices, naming the kind and the size; null if there is none.
 * @param today the day from which a price without `valid_from` holds, so that it is the same as one that names this day
 */
export const faultOfListPrices = (
  prices: readonly EnteredListPrice[],
  today: string,
): { refused: 'invalid-price' | 'unknown-dimension'; fault: string } | null => {
  const seen = new Set<string>();
  for (const { kind, dimension, valid_from = today, price_monthly, unit_price } of prices) {
    const name = [kind, dimension].filter(Boolean).join(' ');
    const fault = (text: string) => ({ refused: 'invalid-price' as const, fault: `${name}: ${text}` });
    if (dimension !== undefined && !hasDimension(kind))
      return { refused: 'unknown-dimension', fault: `${name}: usage of ${kind} has no dimension` };
    if ((price_monthly === undefined) === (unit_price === undefined))
      return fault('give either `price_monthly` or `unit_price`');
    if (price_monthly !== undefined && usageKinds[kind]?.per !== 'hour')
      return fault('only a kind that is counted in hours has a `price_monthly`; give `unit_price`');
    if (seen.has(`${name} ${valid_from}`)) return fault('is in the list twice');
    seen.add(`${name} ${valid_from}`);
  }
  return null;
};
