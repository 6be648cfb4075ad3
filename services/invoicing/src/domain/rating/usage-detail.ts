import { chargeModels } from './charge-models/registry.ts';
import { fraction, isPositive } from './fraction.ts';
import type { FallbackPrice, SubscriptionTerms } from './terms.ts';

type Terms = { subscriptions: readonly SubscriptionTerms[]; fallback_prices: readonly FallbackPrice[] };

/**
 * The kinds of which `rate` needs the usage of each day by itself, ascending: those with an included quantity that usage at several
 * prices draws on in the order of days. Of other kinds a sum over all days with the same terms is enough.
 */
export const kindsByDay = ({ subscriptions, fallback_prices }: Terms): string[] => {
  const items = subscriptions.flatMap(({ plans }) => plans.flatMap(({ plan }) => plan.items));
  const added = new Set(subscriptions.flatMap(({ addons }) => addons.map(({ kind }) => kind)));
  const bySize = [
    ...items.filter(({ charge_model }) => chargeModels[charge_model].isByDimension === true),
    ...fallback_prices.filter(({ dimension }) => dimension !== undefined),
  ];
  const kinds = bySize
    .map(({ kind }) => kind)
    .filter(
      (kind) => added.has(kind) || items.some((item) => item.kind === kind && isPositive(fraction(item.included_qty))),
    );
  return [...new Set(kinds)].toSorted();
};
