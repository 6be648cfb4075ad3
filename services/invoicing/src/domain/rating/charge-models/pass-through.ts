import { billedKinds, billedTogether } from '@arcadia/contracts';
import { compare, fraction, isPositive, isZero, times } from '../fraction.ts';
import { type ChargeModel, type Fault, noTiers } from './charge-model.ts';
import { averageOf, factorOf } from './mark-up.ts';

/**
 * What the provider's bill charges for the deployment's resources of the kind, with a mark-up (`pass-through-lines.ts`). Until the
 * bill is known, quotes and previews estimate it by the provider's list prices, which is what `charge` computes.
 */
export const passThrough: ChargeModel = {
  parameters: ['mark_up_percent'],
  isByDimension: true,
  isByCost: true,
  isByBill: true,
  faultsOf(item) {
    const { kind, mark_up_percent, overage_price_cents, included_qty, dimension } = item;
    const fault = (field: string, text: string): Fault[] => [{ field, fault: text }];
    const markUp =
      mark_up_percent === undefined
        ? fault('mark_up_percent', 'pass_through needs a mark-up in per cent, such as 20')
        : compare(fraction(mark_up_percent), fraction(-100)) < 0
          ? fault('mark_up_percent', `is ${mark_up_percent}; the least is -100`)
          : [];
    return [
      ...noTiers(item),
      ...markUp,
      ...(overage_price_cents === null
        ? []
        : fault('overage_price_cents', 'pass_through charges what the provider bills and has no unit price')),
      ...(isZero(fraction(included_qty))
        ? []
        : fault('included_qty', 'pass_through passes the whole amount of the bill and includes no quantity')),
      ...(dimension === undefined ? [] : fault('dimension', 'pass_through is for all sizes, since a bill names none')),
      ...(billedKinds.has(kind) ? [] : fault('kind', unbilledText(kind))),
    ];
  },
  priceOf: (item) => ({ ...item, overage_price_cents: '0' }),
  isChargeable: (price) => isPositive(factorOf(price)),
  charge(price, over, cost) {
    if (cost === undefined) throw new Error('pass_through was given no cost');
    return averageOf(times(cost, factorOf(price)), over);
  },
  explain: () => "the provider's bill with a mark-up",
};

/** Why a kind is on no line of the bill, and which kind to pass through instead, where there is one. */
const unbilledText = (kind: string): string => {
  const with_ = [...billedKinds].find((billed) => billed !== kind && billedTogether(billed).includes(kind));
  return with_ === undefined
    ? `is on no line of the provider's bill; pass_through is for ${[...billedKinds].toSorted().join(', ')}`
    : `is on the lines of ${with_} in the provider's bill; pass ${with_} through, which covers it`;
};
