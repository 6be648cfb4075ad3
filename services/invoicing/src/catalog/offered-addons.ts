import { type Refusal, refuse } from '@arcadia/contracts';
import { type AddonRow, findOfferedAddons } from '../store/catalog/addons.ts';
import type { Db } from '../store/schema.ts';

/** The addons of these codes as they are on offer, in the order of the codes; all of them in one currency. */
export const offeredAddons = async (
  db: Db,
  codes: readonly string[],
  currency: string,
): Promise<AddonRow[] | Refusal<'addon-not-found' | 'currency-mismatch'>> => {
  const offered = new Map((await findOfferedAddons(db, codes)).map((addon) => [addon.code, addon]));
  const addons: AddonRow[] = [];
  for (const code of codes) {
    const addon = offered.get(code);
    if (addon === undefined) return refuse('addon-not-found', `Addon ${code} is not on offer.`);
    if (addon.currency !== currency)
      return refuse('currency-mismatch', `Addon ${code} is priced in ${addon.currency}, the plan in ${currency}.`);
    addons.push(addon);
  }
  return addons;
};
