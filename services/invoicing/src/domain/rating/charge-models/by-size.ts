import { closest } from '../closest.ts';
import { type ChargeModel, type Fault, noTiers, type Price } from './charge-model.ts';
import { atOnePrice, hasPrice, perUnit } from './unit-price.ts';

/** Linear, each size at its own unit price: the closest in `sizes`, else the item's `overage_price_cents`. */
export const bySize: ChargeModel = {
  parameters: ['sizes'],
  isByDimension: true,
  faultsOf(item) {
    const { sizes = [], dimension, kind } = item;
    const fault = (text: string): Fault[] => [{ field: 'sizes', fault: text }];
    if (sizes.length === 0) return [...noTiers(item), ...fault('by_size needs the price of at least one size')];
    const seen = new Set<string>();
    return [
      ...noTiers(item),
      ...sizes.flatMap((size) => {
        if (seen.has(size.dimension)) return fault(`lists ${size.dimension} twice`);
        seen.add(size.dimension);
        const isTaken = dimension === undefined || closest([{ dimension }], size.dimension) !== null;
        return isTaken ? [] : fault(`lists ${size.dimension}, which is no ${kind} of ${dimension}`);
      }),
    ];
  },
  priceOf(item, dimension): Price | null {
    const price = closest(item.sizes ?? [], dimension)?.unit_price_cents ?? item.overage_price_cents;
    return price === null ? null : { ...item, overage_price_cents: price };
  },
  isChargeable: hasPrice,
  charge: (price, over) => atOnePrice(over, perUnit(price.overage_price_cents, price.overage_unit)),
  explain: ({ overage_unit }) => `by size per ${overage_unit}`,
};
