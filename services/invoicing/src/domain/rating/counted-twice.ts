import { observedUsages } from '@arcadia/contracts';
import { chargeModels } from './charge-models/registry.ts';
import { passingItemOf } from './passed-through.ts';
import type { FallbackPrice, PlanTerms, UsageSum } from './terms.ts';

type Other = { kind: string; isPreferred: boolean };

/** By billing kind, the other one that counts the same thing. */
const others: ReadonlyMap<string, Other> = new Map(
  observedUsages.flatMap(({ kind, insteadOf }): [string, Other][] =>
    insteadOf === undefined
      ? []
      : [
          [kind, { kind: insteadOf, isPreferred: false }],
          [insteadOf, { kind, isPreferred: true }],
        ],
  ),
);

type Terms = { plan: PlanTerms; fallback_prices: readonly FallbackPrice[] };

/**
 * Whether usage is left to another billing kind that counts the same thing, such as gigabytes of backups to the hours in which they are
 * on: to the kind that the plan prices rather than a fallback price, and where both are priced alike to the one that the provider
 * charges by. Usage of one of them alone is charged by itself, or listed without a price.
 * @param used the kinds of which the deployment has usage in the month
 */
export const isLeftToOther = (
  { kind, from }: Pick<UsageSum, 'kind' | 'from'>,
  used: ReadonlySet<string>,
  terms: Terms,
): boolean => {
  const other = others.get(kind);
  if (other === undefined || !used.has(other.kind)) return false;
  const [own, its] = [closenessOf(kind, from, terms), closenessOf(other.kind, from, terms)];
  return its > own || (its === own && its > 0 && other.isPreferred);
};

/** 2: the plan prices the kind; 1: a fallback price of the day does; 0: nothing does. */
const closenessOf = (kind: string, day: string, { plan, fallback_prices }: Terms): 0 | 1 | 2 => {
  const isPriced = plan.items.some(
    (item) => item.kind === kind && chargeModels[item.charge_model].priceOf(item, item.dimension) !== null,
  );
  if (isPriced || passingItemOf(plan, kind) !== null) return 2;
  return fallback_prices.some((price) => price.kind === kind && price.valid_from <= day) ? 1 : 0;
};
