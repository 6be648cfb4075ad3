import { billedTogether, billedWithin } from '@arcadia/contracts';
import { chargeModels } from './charge-models/registry.ts';
import type { FallbackPrice, PlanTerms, PriceItem, SubscriptionTerms } from './terms.ts';

/** Whether a price passes the provider's bill through. */
export const isByBill = ({ charge_model = 'standard' }: PriceItem | FallbackPrice): boolean =>
  chargeModels[charge_model].isByBill === true;

/** The items of a plan that pass the provider's bill through. */
export const passingItems = ({ items }: { items: readonly PriceItem[] }): PriceItem[] => items.filter(isByBill);

/** The item of a plan that passes through the lines of the bill which usage of a kind is on; null: there is none. */
export const passingItemOf = (plan: Pick<PlanTerms, 'items'>, kind: string): PriceItem | null =>
  passingItems(plan).find((item) => billedTogether(item.kind).includes(kind)) ?? null;

/** Whether any plan of these subscriptions passes the provider's bill through. */
export const passesThrough = (subscriptions: readonly Pick<SubscriptionTerms, 'plans'>[]): boolean =>
  subscriptions.some(({ plans }) => plans.some(({ plan }) => passingItems(plan).length > 0));

/** The faults of items that pass a bill through beside other items: amounts would be charged twice, or never. */
export const passingFaults = (items: readonly PriceItem[], item: PriceItem): { field: string; fault: string }[] => {
  const passing = passingItems({ items });
  const covered = passing.find((one) => one !== item && billedTogether(one.kind).includes(item.kind));
  const twice =
    covered === undefined
      ? []
      : [
          {
            field: 'kind',
            fault: `is passed through by the item of ${covered.kind}, which must be the only one for it`,
          },
        ];
  if (!isByBill(item)) return twice;
  const lacking = billedWithin.flatMap(([kind, within]) =>
    kind === item.kind ? [within] : within === item.kind ? [kind] : [],
  );
  return [
    ...twice,
    ...lacking
      .filter((kind) => !passing.some((one) => one.kind === kind))
      .map((kind) => ({
        field: 'charge_model',
        fault: `shares lines of the provider's bill with ${kind}; pass ${kind} through too`,
      })),
  ];
};
