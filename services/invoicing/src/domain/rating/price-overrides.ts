import type { PlanTerms, PriceItem, PriceOverride, SubscriptionTerms } from './terms.ts';

/** The subscriptions with a tenant's own prices in place of those of their plans; without any the same objects. */
export const withOwnPrices = (
  subscriptions: readonly SubscriptionTerms[],
  overrides: readonly PriceOverride[] = [],
): SubscriptionTerms[] =>
  subscriptions.map((subscription) => {
    const own = overrides.filter(
      ({ subscription_id, plan_code }) =>
        (subscription_id === null || subscription_id === subscription.subscription_id) &&
        subscription.plans.some(({ plan }) => plan.code === plan_code),
    );
    return own.length === 0 ? subscription : { ...subscription, plans: plansWith(subscription, own) };
  });

const midnight = (day: string): Temporal.Instant => Temporal.Instant.from(`${day}T00:00:00Z`);

/** An own price begins and ends as a change of the plan on that day would. */
const plansWith = ({ plans }: SubscriptionTerms, overrides: readonly PriceOverride[]): SubscriptionTerms['plans'] =>
  plans.flatMap(({ from, plan }, index) => {
    const of = overrides.filter(({ plan_code }) => plan_code === plan.code);
    const next = plans[index + 1]?.from;
    const days = of.flatMap(({ from: first, until }) => [first, ...(until === null ? [] : [until])]);
    const inside = [...new Set(days)]
      .toSorted()
      .map(midnight)
      .filter(
        (at) =>
          Temporal.Instant.compare(at, from) > 0 && (next === undefined || Temporal.Instant.compare(at, next) < 0),
      );
    return [Temporal.Instant.from(from), ...inside].map((at, nth) => ({
      from: nth === 0 ? from : at.toString(),
      plan: planWith(
        plan,
        of.filter((each) => isInForce(each, at)),
      ),
    }));
  });

const isInForce = ({ from, until }: PriceOverride, at: Temporal.Instant): boolean =>
  Temporal.Instant.compare(midnight(from), at) <= 0 &&
  (until === null || Temporal.Instant.compare(midnight(until), at) > 0);

/** Those for one subscription come last, so that they hold before those for all. */
const planWith = (plan: PlanTerms, overrides: readonly PriceOverride[]): PlanTerms => {
  if (overrides.length === 0) return plan;
  const ordered = overrides.toSorted(
    (a, b) =>
      Number(a.subscription_id !== null) - Number(b.subscription_id !== null) ||
      (a.override_id < b.override_id ? -1 : 1),
  );
  const priced = ordered.reduce(withOwnPrice, plan);
  return { ...priced, own_price_key: ordered.map(({ override_id }) => override_id).join(' ') };
};

const withOwnPrice = (plan: PlanTerms, override: PriceOverride): PlanTerms => {
  const { override_id, base_price_cents, kind, dimension, overage_price_cents } = override;
  if (base_price_cents !== undefined) {
    const instead_of = plan.own_base?.instead_of ?? String(plan.base_price_cents);
    return { ...plan, base_price_cents, own_base: { override_id, instead_of } };
  }
  if (kind === undefined || overage_price_cents === undefined) return plan;
  const isMeant = (item: PriceItem): boolean => item.kind === kind && item.dimension === dimension;
  if (plan.items.some(isMeant))
    return { ...plan, items: plan.items.map((item) => (isMeant(item) ? itemWith(item, override) : item)) };
  // The price of a size needs the item of that size; any other kind becomes one of which nothing is included.
  if (dimension !== undefined) return plan;
  const none = { kind, included_qty: '0', overage_unit: '1', charge_model: 'standard', tiers: null } as const;
  const added: PriceItem = { ...none, overage_price_cents: null, hard_cap_qty: null };
  return { ...plan, items: [...plan.items, itemWith(added, override)] };
};

const itemWith = (
  { kind, dimension, included_qty, hard_cap_qty, overage_unit: unit, overage_price_cents: price, own_price }: PriceItem,
  { override_id, overage_price_cents = '0', overage_unit = unit }: PriceOverride,
): PriceItem => ({
  kind,
  ...(dimension === undefined ? {} : { dimension }),
  included_qty,
  hard_cap_qty,
  charge_model: 'standard',
  tiers: null,
  overage_price_cents,
  overage_unit,
  own_price: { override_id, instead_of: own_price?.instead_of ?? price },
});
