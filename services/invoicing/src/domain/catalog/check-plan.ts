import { usageKinds } from '@arcadia/contracts';
import type { Fault, Parameter } from '../rating/charge-models/charge-model.ts';
import { chargeModels } from '../rating/charge-models/registry.ts';
import { compare, fraction } from '../rating/fraction.ts';
import { passingFaults } from '../rating/passed-through.ts';
import type { PlanTerms, PriceItem } from '../rating/terms.ts';

export type ItemFault = Fault & { kind: string; dimension?: string };

/** Of all items of a version together, because its terms travel in one message with every subscription. */
const maxSizes = 1000;

/** The faults of the items of a plan's version, each naming its item; empty if there is none. */
export const faultsOf = (items: readonly PriceItem[]): ItemFault[] => {
  const seen = new Set<string>();
  let sizes = 0;
  return items.flatMap((item) => {
    const { kind, dimension } = item;
    sizes += item.sizes?.length ?? 0;
    const name = `${kind} ${dimension ?? ''}`;
    const repeated = seen.has(name)
      ? [{ field: dimension === undefined ? 'kind' : 'dimension', fault: 'stands twice in the version' }]
      : [];
    seen.add(name);
    const faults = [
      ...repeated,
      ...dimensionFaults(item),
      ...(sizes > maxSizes ? [{ field: 'sizes', fault: `a version has at most ${maxSizes} prices by size` }] : []),
      ...parameterFaults(item),
      ...chargeModels[item.charge_model].faultsOf(item),
      ...passingFaults(items, item),
      ...capFaults(item),
    ];
    return faults.map((fault) => ({ kind, ...(dimension === undefined ? {} : { dimension }), ...fault }));
  });
};

/** Whether usage of a kind has a dimension, such as the size of a droplet, that its price can depend on. */
export const hasDimension = (kind: string): boolean => (usageKinds[kind]?.dimension ?? null) !== null;

const dimensionFaults = ({ kind, dimension, sizes = [] }: PriceItem): Fault[] => {
  if (hasDimension(kind)) return [];
  const fault = (field: string, named: string): Fault => ({
    field,
    fault: `names ${named}, and usage of ${kind} has no dimension`,
  });
  const [size] = sizes;
  return [
    ...(dimension === undefined ? [] : [fault('dimension', dimension)]),
    ...(size === undefined ? [] : [fault('sizes', size.dimension)]),
  ];
};

const parameters: readonly Parameter[] = ['sizes', 'mark_up_percent'];

const parameterFaults = (item: PriceItem): Fault[] =>
  parameters
    .filter((name) => item[name] !== undefined && chargeModels[item.charge_model].parameters?.includes(name) !== true)
    .map((field) => ({ field, fault: `${item.charge_model} has no ${field}` }));

const capFaults = ({ dimension, hard_cap_qty, included_qty }: PriceItem): Fault[] => {
  if (hard_cap_qty === null) return [];
  const fault = (text: string): Fault[] => [{ field: 'hard_cap_qty', fault: text }];
  if (dimension !== undefined)
    return fault('a cap counts all sizes: set it on the item of the kind without a dimension');
  return compare(fraction(hard_cap_qty), fraction(included_qty)) < 0 ? fault('the cap is below what is included') : [];
};

type Offer = Pick<PlanTerms, 'base_price_cents' | 'currency' | 'proration' | 'provider_bill' | 'items'> & {
  offered_to: string[] | null;
};

/** Whether two versions have the same prices for the same tenants, regardless of the order of items and the spelling of their decimals. */
export const isSameOffer = (a: Offer, b: Offer): boolean => JSON.stringify(offerOf(a)) === JSON.stringify(offerOf(b));

const offerOf = ({ base_price_cents, currency, proration, provider_bill = 'wait', items, offered_to }: Offer) => [
  base_price_cents,
  currency,
  proration,
  provider_bill,
  offered_to,
  items
    .map((item) => [
      `${item.kind} ${item.dimension ?? ''}`,
      item.charge_model,
      ...[item.included_qty, item.overage_unit, item.overage_price_cents, item.hard_cap_qty].map(plain),
      plain(item.mark_up_percent ?? null),
      item.tiers?.map(({ up_to, unit_price_cents }) => [plain(up_to), plain(unit_price_cents)]) ?? null,
      item.sizes?.map(({ dimension, unit_price_cents }) => `${dimension} ${plain(unit_price_cents)}`).toSorted() ??
        null,
    ])
    .toSorted((x, y) => (String(x[0]) < String(y[0]) ? -1 : 1)),
];

const plain = (text: string | null): string | null => (text === null ? null : fraction(text).num.toFixed());
