import { compare, fraction } from '../rating/fraction.ts';
import type { PlanTerms, PriceItem } from '../rating/terms.ts';

export type ItemFault = { kind: string; field: string; fault: string };

/** What is wrong with the items of a plan's version; each fault names its item. Nothing wrong: an empty list. */
export const faultsOf = (items: readonly PriceItem[]): ItemFault[] => {
  const seen = new Set<string>();
  return items.flatMap((item) => {
    const twice = seen.has(item.kind);
    seen.add(item.kind);
    const faults = [...tierFaults(item), ...priceFaults(item), ...capFaults(item)];
    return twice ? [{ kind: item.kind, field: 'kind', fault: 'stands twice in the version' }, ...faults] : faults;
  });
};

const isTiered = ({ charge_model }: PriceItem): boolean => charge_model === 'graduated' || charge_model === 'volume';

const priceFaults = (item: PriceItem): ItemFault[] => {
  const { kind, charge_model, overage_price_cents } = item;
  if (charge_model === 'package' && overage_price_cents === null) {
    return [{ kind, field: 'overage_price_cents', fault: 'a package needs the price of one' }];
  }
  return [];
};

const tierFaults = (item: PriceItem): ItemFault[] => {
  const { kind, tiers, charge_model } = item;
  const fault = (text: string): ItemFault[] => [{ kind, field: 'tiers', fault: text }];
  if (!isTiered(item)) return tiers === null ? [] : fault(`${charge_model} has no tiers`);
  if (tiers === null || tiers.length === 0) return fault(`${charge_model} needs tiers`);
  if (tiers.at(-1)?.up_to !== null) return fault('the last tier must be open: up_to null');
  if (tiers.slice(0, -1).some(({ up_to }) => up_to === null)) return fault('only the last tier may be open');
  for (let index = 1; index < tiers.length - 1; index += 1) {
    const [before, here] = [tiers[index - 1]?.up_to ?? null, tiers[index]?.up_to ?? null];
    if (before !== null && here !== null && compare(fraction(before), fraction(here)) >= 0) {
      return fault(`tier ${index + 1} must reach further than the one before it`);
    }
  }
  return [];
};

const capFaults = ({ kind, hard_cap_qty, included_qty }: PriceItem): ItemFault[] =>
  hard_cap_qty !== null && compare(fraction(hard_cap_qty), fraction(included_qty)) < 0
    ? [{ kind, field: 'hard_cap_qty', fault: 'the cap is below what is included' }]
    : [];

/** Whether two versions price alike. Items are compared whatever their order and the spelling of their numbers. */
export const isSameOffer = (
  a: Pick<PlanTerms, 'base_price_cents' | 'currency' | 'proration' | 'items'>,
  b: Pick<PlanTerms, 'base_price_cents' | 'currency' | 'proration' | 'items'>,
): boolean => JSON.stringify(offerOf(a)) === JSON.stringify(offerOf(b));

const offerOf = ({
  base_price_cents,
  currency,
  proration,
  items,
}: Pick<PlanTerms, 'base_price_cents' | 'currency' | 'proration' | 'items'>) => [
  base_price_cents,
  currency,
  proration,
  items
    .map((item) => [
      item.kind,
      item.charge_model,
      ...[item.included_qty, item.overage_unit, item.overage_price_cents, item.hard_cap_qty].map(plain),
      item.tiers?.map(({ up_to, unit_price_cents }) => [plain(up_to), plain(unit_price_cents)]) ?? null,
    ])
    .toSorted((x, y) => (String(x[0]) < String(y[0]) ? -1 : 1)),
];

const plain = (text: string | null): string | null => (text === null ? null : fraction(text).num.toFixed());
