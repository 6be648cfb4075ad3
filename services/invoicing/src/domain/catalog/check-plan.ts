import type { Fault } from '../rating/charge-models/charge-model.ts';
import { chargeModels } from '../rating/charge-models/registry.ts';
import { compare, fraction } from '../rating/fraction.ts';
import type { PlanTerms, PriceItem } from '../rating/terms.ts';

export type ItemFault = Fault & { kind: string };

/** The faults of the items of a plan's version, each naming its item; empty if there is none. */
export const faultsOf = (items: readonly PriceItem[]): ItemFault[] => {
  const seen = new Set<string>();
  return items.flatMap((item) => {
    const { kind } = item;
    const repeated = seen.has(kind) ? [{ field: 'kind', fault: 'stands twice in the version' }] : [];
    seen.add(kind);
    const faults = [...repeated, ...chargeModels[item.charge_model].faultsOf(item), ...capFaults(item)];
    return faults.map((fault) => ({ kind, ...fault }));
  });
};

const capFaults = ({ hard_cap_qty, included_qty }: PriceItem): Fault[] =>
  hard_cap_qty !== null && compare(fraction(hard_cap_qty), fraction(included_qty)) < 0
    ? [{ field: 'hard_cap_qty', fault: 'the cap is below what is included' }]
    : [];

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
      item.kind,
      item.charge_model,
      ...[item.included_qty, item.overage_unit, item.overage_price_cents, item.hard_cap_qty].map(plain),
      item.tiers?.map(({ up_to, unit_price_cents }) => [plain(up_to), plain(unit_price_cents)]) ?? null,
    ])
    .toSorted((x, y) => (String(x[0]) < String(y[0]) ? -1 : 1)),
];

const plain = (text: string | null): string | null => (text === null ? null : fraction(text).num.toFixed());
