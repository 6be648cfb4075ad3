import { usageKinds } from '@arcadia/contracts';
import type { Fault } from '../rating/charge-models/charge-model.ts';
import { chargeModels } from '../rating/charge-models/registry.ts';
import { compare, fraction } from '../rating/fraction.ts';
import type { PlanTerms, PriceItem } from '../rating/terms.ts';

export type ItemFault = Fault & { kind: string; dimension?: string };

/** The faults of the items of a plan's version, each naming its item; empty if there is none. */
export const faultsOf = (items: readonly PriceItem[]): ItemFault[] => {
  const seen = new Set<string>();
  return items.flatMap((item) => {
    const { kind, dimension } = item;
    const name = `${kind} ${dimension ?? ''}`;
    const repeated = seen.has(name)
      ? [{ field: dimension === undefined ? 'kind' : 'dimension', fault: 'stands twice in the version' }]
      : [];
    seen.add(name);
    const faults = [
      ...repeated,
      ...dimensionFaults(item),
      ...chargeModels[item.charge_model].faultsOf(item),
      ...capFaults(item),
    ];
    return faults.map((fault) => ({ kind, ...(dimension === undefined ? {} : { dimension }), ...fault }));
  });
};

/** Whether usage of a kind has a dimension, such as the size of a droplet, that its price can depend on. */
export const hasDimension = (kind: string): boolean => (usageKinds[kind]?.dimension ?? null) !== null;

const dimensionFaults = ({ kind, dimension }: PriceItem): Fault[] =>
  dimension === undefined || hasDimension(kind)
    ? []
    : [{ field: 'dimension', fault: `is ${dimension}, and usage of ${kind} has no dimension; leave it out` }];

const capFaults = ({ dimension, hard_cap_qty, included_qty }: PriceItem): Fault[] => {
  if (hard_cap_qty === null) return [];
  const fault = (text: string): Fault[] => [{ field: 'hard_cap_qty', fault: text }];
  if (dimension !== undefined)
    return fault('a cap counts all sizes: set it on the item of the kind without a dimension');
  return compare(fraction(hard_cap_qty), fraction(included_qty)) < 0 ? fault('the cap is below what is included') : [];
};

type Offer = Pick<PlanTerms, 'base_price_cents' | 'currency' | 'proration' | 'items'> & { offered_to: string[] | null };

/** Whether two versions have the same prices for the same tenants, regardless of the order of items and the spelling of their decimals. */
export const isSameOffer = (a: Offer, b: Offer): boolean => JSON.stringify(offerOf(a)) === JSON.stringify(offerOf(b));

const offerOf = ({ base_price_cents, currency, proration, items, offered_to }: Offer) => [
  base_price_cents,
  currency,
  proration,
  offered_to,
  items
    .map((item) => [
      `${item.kind} ${item.dimension ?? ''}`,
      item.charge_model,
      ...[item.included_qty, item.overage_unit, item.overage_price_cents, item.hard_cap_qty].map(plain),
      item.tiers?.map(({ up_to, unit_price_cents }) => [plain(up_to), plain(unit_price_cents)]) ?? null,
    ])
    .toSorted((x, y) => (String(x[0]) < String(y[0]) ? -1 : 1)),
];

const plain = (text: string | null): string | null => (text === null ? null : fraction(text).num.toFixed());
