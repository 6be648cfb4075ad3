import { compare, fraction } from '../fraction.ts';
import type { PriceItem } from '../terms.ts';
import type { Fault } from './charge-model.ts';

/** The faults of a list of tiers: their bounds must ascend, and only the last may be open. */
export const tierFaults = ({ tiers, charge_model }: PriceItem): Fault[] => {
  const fault = (text: string): Fault[] => [{ field: 'tiers', fault: text }];
  if (tiers === null || tiers.length === 0) return fault(`${charge_model} needs tiers`);
  if (tiers.at(-1)?.up_to !== null) return fault('the last tier must be open: up_to null');
  if (tiers.slice(0, -1).some(({ up_to }) => up_to === null)) return fault('only the last tier may be open');
  for (let index = 1; index < tiers.length - 1; index += 1) {
    const [before, here] = [tiers[index - 1]?.up_to ?? null, tiers[index]?.up_to ?? null];
    if (before !== null && here !== null && compare(fraction(before), fraction(here)) >= 0)
      return fault(`tier ${index + 1} must reach further than the one before it`);
  }
  return [];
};
