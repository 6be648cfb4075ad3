import { billedTogether } from '@arcadia/contracts';
import { chargeModels } from './charge-models/registry.ts';
import { fraction, isPositive } from './fraction.ts';
import { isByBill } from './passed-through.ts';
import type { FallbackPrice, PriceItem, SubscriptionTerms } from './terms.ts';

type Terms = { subscriptions: readonly SubscriptionTerms[]; fallback_prices: readonly FallbackPrice[] };

/** A month's terms; `is_estimate`: what passes the provider's bill through is estimated by list prices. */
type CostTerms = Terms & { is_estimate: boolean };

/**
 * The kinds of which `rate` needs the usage of each day by itself, ascending: those with an included quantity that usage at several
 * prices draws on in the order of days. Of other kinds a sum over all days with the same terms is enough.
 */
export const kindsByDay = ({ subscriptions, fallback_prices }: Terms): string[] => {
  const items = subscriptions.flatMap(({ plans }) => plans.flatMap(({ plan }) => plan.items));
  const added = new Set(subscriptions.flatMap(({ addons }) => addons.map(({ kind }) => kind)));
  const bySize = [...items, ...fallback_prices].filter(isByDimension);
  const kinds = bySize
    .map(({ kind }) => kind)
    .filter(
      (kind) => added.has(kind) || items.some((item) => item.kind === kind && isPositive(fraction(item.included_qty))),
    );
  return [...new Set(kinds)].toSorted();
};

type Model = { charge_model?: PriceItem['charge_model']; dimension?: string };

const modelOf = ({ charge_model = 'standard' }: Model) => chargeModels[charge_model];

/** Whether a price makes usage of one kind cost differently by dimension within one included quantity. */
const isByDimension = (price: PriceItem | FallbackPrice): boolean =>
  modelOf(price).isByDimension === true || ('valid_from' in price && price.dimension !== undefined);

/** The kinds whose usage a price charges by the provider's list prices; none for one that rests on something else. */
export const kindsByCost = (
  price: PriceItem | FallbackPrice,
  { is_estimate }: { is_estimate: boolean },
): readonly string[] => {
  if (modelOf(price).isByCost !== true) return [];
  if (!isByBill(price)) return [price.kind];
  return is_estimate ? billedTogether(price.kind) : [];
};

/**
 * The kinds of which `rate` needs the usage of each resource by itself, ascending: those that a price may charge by the provider's
 * list prices, whose rules count each resource.
 */
export const kindsByResource = ({ subscriptions, fallback_prices, is_estimate }: CostTerms): string[] => {
  const items = subscriptions.flatMap(({ plans }) => plans.flatMap(({ plan }) => plan.items));
  const byCost = [...items, ...fallback_prices].flatMap((price) => kindsByCost(price, { is_estimate }));
  return [...new Set(byCost)].toSorted();
};
