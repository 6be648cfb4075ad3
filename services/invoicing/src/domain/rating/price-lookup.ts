import type { Price } from './charge-models/charge-model.ts';
import { chargeModels } from './charge-models/registry.ts';
import { closest } from './closest.ts';
import type { FallbackPrice, PlanTerms, PriceItem } from './terms.ts';

/** A price in force, and where it comes from. */
export type Priced = {
  price: Price;
  source: 'plan' | 'fallback';
  /** The day from which a fallback price holds; null: a price of the plan. */
  validFrom: string | null;
};

/** The item of a plan that usage of a kind and dimension belongs to; null if the plan has none. */
export const itemOf = (plan: PlanTerms, kind: string, dimension: string | undefined): PriceItem | null =>
  closest(
    plan.items.filter((item) => item.kind === kind),
    dimension,
  );

/** The fallback price of a day: the closest of those that hold by then, and of that one the newest. */
export const fallbackOn = (
  prices: readonly FallbackPrice[],
  of: { kind: string; dimension: string | undefined; day: string },
): Priced | null => {
  const newest = new Map<string, FallbackPrice>();
  for (const price of prices) {
    if (price.kind !== of.kind || price.valid_from > of.day) continue;
    const named = price.dimension ?? '';
    if (price.valid_from > (newest.get(named)?.valid_from ?? '')) newest.set(named, price);
  }
  const found = closest([...newest.values()], of.dimension);
  if (found === null) return null;
  const price: Price = {
    charge_model: found.charge_model ?? 'standard',
    overage_unit: found.overage_unit,
    overage_price_cents: found.unit_price_cents,
    tiers: null,
    ...(found.mark_up_percent === undefined ? {} : { mark_up_percent: found.mark_up_percent }),
  };
  return { price, source: 'fallback', validFrom: found.valid_from };
};

/** The price of a plan's item, else the fallback price of the day. An item without a price only includes a quantity. */
export const priceOn = (
  item: PriceItem | null,
  prices: readonly FallbackPrice[],
  of: { kind: string; dimension: string | undefined; day: string },
): Priced | null => {
  const price = item === null ? null : chargeModels[item.charge_model].priceOf(item, of.dimension);
  return price === null ? fallbackOn(prices, of) : { price, source: 'plan', validFrom: null };
};
