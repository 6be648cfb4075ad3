import type { RatingInput } from '../src/domain/rating/rate.ts';
import type { AttachedAddon, PlanTerms, PriceOverride, SubscriptionTerms } from '../src/domain/rating/terms.ts';

/**
 * A second calculation of a deployment's month, written from decisions 0023 and 0072 alone: day by day, in exact fractions, with none of
 * the code of rating. It knows standard, graduated, volume and package prices, both prorations, changes of plan, trials, pauses, cancellations, subscribing anew,
 * addons, own prices, discounts and minimum commitments.
 */
type Exact = { num: bigint; den: bigint };

const exact = (text: string | number): Exact => {
  const [whole = '0', places = ''] = String(text).split('.');
  return { num: BigInt(whole + places), den: 10n ** BigInt(places.length) };
};
const add = (a: Exact, b: Exact): Exact => ({ num: a.num * b.den + b.num * a.den, den: a.den * b.den });
const subtract = (a: Exact, b: Exact): Exact => add(a, { num: -b.num, den: b.den });
const multiply = (a: Exact, b: Exact): Exact => ({ num: a.num * b.num, den: a.den * b.den });
const share = (days: number, of: number): Exact => ({ num: BigInt(days), den: BigInt(of) });
const nothing = exact(0);
const aboveZero = (value: Exact): Exact => (value.num > 0n ? value : nothing);
/** Half up; of amounts that are never below zero. */
const rounded = ({ num, den }: Exact): number => Number((2n * num + den) / (2n * den));

const ms = (at: string): number => Temporal.Instant.from(at).epochMilliseconds;
const never = Number.POSITIVE_INFINITY;
const dayLength = 86_400_000;

type Day = { name: string; subscription: SubscriptionTerms; plan: PlanTerms; own: PriceOverride[]; state: State };
type State = 'active' | 'paused' | 'trial';

const rankOf: Readonly<Record<State, number>> = { active: 2, paused: 1, trial: 0 };

const stateOn = ({ trial_ends_at, pauses }: SubscriptionTerms, { from, to }: { from: number; to: number }): State => {
  const paysFrom = Math.max(from, trial_ends_at === null ? from : ms(trial_ends_at));
  if (paysFrom >= to) return 'trial';
  let until = paysFrom;
  for (const pause of pauses.toSorted((a, b) => ms(a.from) - ms(b.from)))
    if (ms(pause.from) <= until) until = Math.max(until, pause.until === null ? never : ms(pause.until));
  return until >= to ? 'paused' : 'active';
};

/** The terms of a day: of the subscriptions that touch it the one that pays most, and of equal ones the later. */
const termsOf = (name: string, input: RatingInput): Day | null => {
  const start = ms(`${name}T00:00:00Z`);
  const end = start + dayLength;
  let best: Day | null = null;
  const subscriptions = (input.deployments[0]?.subscriptions ?? []).toSorted(
    (a, b) => ms(a.starts_at) - ms(b.starts_at),
  );
  for (const subscription of subscriptions) {
    const from = Math.max(start, ms(subscription.starts_at));
    const to = Math.min(end, subscription.ends_at === null ? never : ms(subscription.ends_at));
    if (from >= to) continue;
    const begun = subscription.plans.filter((each) => ms(each.from) < to);
    const plan = (begun.at(-1) ?? subscription.plans[0])?.plan;
    if (plan === undefined) continue;
    const state = stateOn(subscription, { from, to });
    const own = (input.price_overrides ?? []).filter(
      (each) =>
        each.plan_code === plan.code &&
        (each.subscription_id === null || each.subscription_id === subscription.subscription_id) &&
        each.from <= name &&
        (each.until === null || name < each.until),
    );
    if (best === null || rankOf[state] >= rankOf[best.state]) best = { name, subscription, plan, own, state };
  }
  return best;
};

const basePriceOn = ({ plan, own }: Day): number =>
  own.find(({ base_price_cents }) => base_price_cents !== undefined)?.base_price_cents ?? plan.base_price_cents;

const isMore = (a: Exact, b: Exact): boolean => subtract(a, b).num > 0n;
const divide = (a: Exact, b: Exact): Exact => ({ num: a.num * b.den, den: a.den * b.num });
const least = (a: Exact, b: Exact): Exact => (isMore(a, b) ? b : a);
const started = ({ num, den }: Exact): Exact => exact(String((num + den - 1n) / den));

/** What a quantity above the included one costs on the terms of a day, exactly. */
const costOn = ({ plan, own }: Day, kind: string, over: Exact): Exact => {
  const item = plan.items.find((each) => each.kind === kind);
  if (item === undefined) return nothing;
  const { charge_model: model, overage_unit, overage_price_cents, tiers } = item;
  const units = divide(over, exact(overage_unit));
  const price = exact(own.find((each) => each.kind === kind)?.overage_price_cents ?? overage_price_cents ?? '0');
  if (model === 'package') return multiply(started(units), price);
  if (tiers === null) return multiply(units, price);
  const boundOf = ({ up_to }: (typeof tiers)[number]): Exact => (up_to === null ? over : exact(up_to));
  if (model === 'volume') {
    const reached = tiers.find((tier) => !isMore(over, boundOf(tier))) ?? tiers.at(-1);
    return multiply(units, exact(reached?.unit_price_cents ?? '0'));
  }
  let cost = nothing;
  let below = nothing;
  for (const tier of tiers) {
    const until = least(over, boundOf(tier));
    if (isMore(until, below)) {
      const within = divide(subtract(until, below), exact(overage_unit));
      cost = add(cost, multiply(within, exact(tier.unit_price_cents)));
      below = until;
    }
  }
  return cost;
};

const includedOn = ({ plan }: Day, kind: string): Exact =>
  exact(plan.items.find((item) => item.kind === kind)?.included_qty ?? '0');

type Held = { addon: AttachedAddon; days: Day[] };

/** The days on which each addon was attached and paid for. A day that two of one code share belongs to the later one. */
const heldAddons = (paid: readonly Day[]): Held[] => {
  const subscriptions = [...new Set(paid.map(({ subscription }) => subscription))];
  const all = subscriptions.flatMap((subscription) =>
    subscription.addons.map((addon): Held => {
      const until = Math.min(
        addon.ends_at === null ? never : ms(addon.ends_at),
        subscription.ends_at === null ? never : ms(subscription.ends_at),
      );
      const from = Math.max(ms(addon.starts_at), ms(subscription.starts_at));
      const days = paid.filter(({ name, subscription: of }) => {
        const start = ms(`${name}T00:00:00Z`);
        return of === subscription && from < until && from < start + dayLength && until > start;
      });
      return { addon, days };
    }),
  );
  return all
    .toSorted((a, b) => ms(a.addon.starts_at) - ms(b.addon.starts_at))
    .map(({ addon, days }, index, sorted) => ({
      addon,
      days: days.filter(
        (day) => !sorted.slice(index + 1).some((later) => later.addon.code === addon.code && later.days.includes(day)),
      ),
    }))
    .filter(({ days }) => days.length > 0);
};

const usedOn = (input: RatingInput, kind: string, days: readonly Day[]): Exact =>
  (input.deployments[0]?.usage ?? [])
    .filter((sum) => sum.kind === kind && days.some(({ name }) => name === sum.from))
    .reduce((total, { unit_seconds, divisor }) => {
      const { num, den } = exact(unit_seconds);
      return add(total, { num, den: den * BigInt(divisor) });
    }, nothing);

type Charge = { cents: number; plan?: string; kind?: string };

/** The whole month at its last terms. */
const wholeMonth = (input: RatingInput, paid: readonly Day[], kinds: readonly string[]): Charge[] => {
  const last = paid.at(-1);
  if (last === undefined) return [];
  const byCode = Map.groupBy(heldAddons(paid), ({ addon }) => addon.code);
  const attached = [...byCode.values()].flatMap((held) => held.at(-1)?.addon ?? []);
  return [
    { cents: basePriceOn(last), plan: last.plan.code },
    ...attached.map(({ price_cents, quantity }) => ({ cents: price_cents * quantity })),
    ...kinds.map((kind) => {
      const added = attached
        .filter((addon) => addon.kind === kind)
        .reduce((sum, { qty, quantity }) => add(sum, multiply(exact(qty), exact(quantity))), nothing);
      const over = aboveZero(subtract(usedOn(input, kind, paid), add(includedOn(last, kind), added)));
      return { cents: rounded(costOn(last, kind, over)), kind };
    }),
  ];
};

const isSame = (a: Day, b: Day): boolean =>
  a.subscription === b.subscription &&
  a.plan.code === b.plan.code &&
  a.plan.version === b.plan.version &&
  a.state === b.state &&
  a.own.map(({ override_id }) => override_id).join() === b.own.map(({ override_id }) => override_id).join();

/** Each run of days by itself; days at one price are rounded once. */
const byDays = (
  input: RatingInput,
  days: readonly Day[],
  given: { kinds: readonly string[]; all: readonly string[] },
): Charge[] => {
  const { kinds, all } = given;
  const spans: Day[][] = [];
  for (const day of days) {
    const span = spans.at(-1);
    const before = span?.at(-1);
    const isNext = before !== undefined && all.indexOf(before.name) === all.indexOf(day.name) - 1;
    if (span !== undefined && before !== undefined && isNext && isSame(before, day)) span.push(day);
    else spans.push([day]);
  }
  const active = days.filter(({ state }) => state === 'active');
  const held = heldAddons(active);
  const bases = Map.groupBy(active, basePriceOn);
  const prices = Map.groupBy(held, ({ addon }) => `${addon.code} ${addon.price_cents}`);
  return [
    ...[...bases].map(([price, at]) => ({
      cents: rounded(multiply(exact(price), share(at.length, all.length))),
      plan: at[0]?.plan.code ?? '',
    })),
    ...[...prices.values()].map((of) => {
      const weight = of.reduce((sum, { addon, days: on }) => sum + addon.quantity * on.length, 0);
      return { cents: rounded(multiply(exact(of[0]?.addon.price_cents ?? 0), share(weight, all.length))) };
    }),
    ...spans.flatMap((span) => {
      const [first] = span;
      if (first === undefined) return [];
      return kinds.map((kind) => {
        const fromPlan = multiply(includedOn(first, kind), share(span.length, all.length));
        const added = held
          .filter(({ addon }) => addon.kind === kind)
          .reduce((sum, { addon, days: on }) => {
            const within = on.filter((day) => span.includes(day)).length;
            return add(sum, multiply(multiply(exact(addon.qty), exact(addon.quantity)), share(within, all.length)));
          }, nothing);
        const included = first.state === 'active' ? add(fromPlan, added) : nothing;
        const over = aboveZero(subtract(usedOn(input, kind, span), included));
        return { cents: rounded(costOn(first, kind, over)), kind };
      });
    }),
  ];
};

/** What is left of the charges after the tenant's discounts. */
const discounted = (charges: readonly Charge[], { discounts = [] }: RatingInput): number => {
  const sumOf = (some: readonly Charge[]): number => some.reduce((sum, { cents }) => sum + cents, 0);
  const off = (base: number, { percent, amount_cents = 0 }: (typeof discounts)[number]): number =>
    percent === undefined
      ? Math.min(base, amount_cents)
      : rounded(multiply(exact(base), multiply(exact(percent), share(1, 100))));
  const ordered = discounts.toSorted(
    (a, b) =>
      Number(a.percent === undefined) - Number(b.percent === undefined) ||
      (a.first_period === b.first_period ? a.number - b.number : a.first_period < b.first_period ? -1 : 1),
  );
  let left = sumOf(charges);
  const pools = Map.groupBy(
    ordered.filter(({ on }) => on !== 'invoice'),
    ({ plan_code, kind }) => `${plan_code} ${kind}`,
  );
  for (const pool of pools.values()) {
    const [named] = pool;
    const own = charges.filter(({ plan, kind }) =>
      named?.on === 'plan' ? plan === named.plan_code : kind === named?.kind,
    );
    let rest = sumOf(own);
    for (const discount of pool) {
      const taken = off(rest, discount);
      rest -= taken;
      left -= taken;
    }
  }
  for (const discount of ordered.filter(({ on }) => on === 'invoice')) left -= off(left, discount);
  return left;
};

/** The least that the month comes to. */
const minimum = ({ commitments = [] }: RatingInput, all: readonly string[]): number =>
  rounded(
    commitments.reduce((sum, { amount_cents, from, until }) => {
      const held = all.filter((day) => from <= day && (until === null || day < until)).length;
      return add(sum, multiply(exact(amount_cents), share(held, all.length)));
    }, nothing),
  );

/** The subtotal of a month of one deployment, in minor units. */
export const secondSubtotal = (input: RatingInput): number => {
  const month = Temporal.PlainYearMonth.from(input.period);
  const all = Array.from({ length: month.daysInMonth }, (_, index) => month.toPlainDate({ day: index + 1 }).toString());
  const days = all.flatMap((name) => termsOf(name, input) ?? []).filter(({ state }) => state !== 'trial');
  const kinds = [...new Set((input.deployments[0]?.usage ?? []).map(({ kind }) => kind))];
  const proration = days.at(-1)?.plan.proration;
  const charges = proration === 'daily' ? byDays(input, days, { kinds, all }) : wholeMonth(input, days, kinds);
  return Math.max(discounted(charges, input), minimum(input, all));
};
