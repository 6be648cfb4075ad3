import type { World } from '@arcadia/digitalocean-simulator';
import { type Fraction, fraction, fractionOf, over, plus, roundedHalfUp, times } from './fraction.ts';

/**
 * The terms of single tenants, calculated from the world file alone and independently of the services. Amounts are in cents. It
 * supports plans without proration, of which the price at the month's end is charged.
 */
type Terms = NonNullable<World['platform']['terms']>;

const lastDay = (world: World): string =>
  Temporal.Instant.from(world.period_end).subtract({ hours: 24 }).toString().slice(0, 10);

/** The own price of a plan's base or of a kind at the month's end; undefined without one. */
export const ownPrice = (
  world: World,
  of: { tenant: string; plan: string; kind: string | null },
): { base: bigint | undefined; unit: string | undefined } => {
  const day = lastDay(world);
  const found = world.platform.terms?.price_overrides.find(
    ({ tenant, plan, kind, from = `${world.period}-01`, until }) =>
      tenant === of.tenant &&
      plan === of.plan &&
      (kind ?? null) === of.kind &&
      from <= day &&
      (until === undefined || until > day),
  );
  return {
    base: found?.base_price_cents === undefined ? undefined : BigInt(found.base_price_cents),
    unit: found?.overage_price_cents,
  };
};

/** What a tenant's month charges: each amount with the plan whose base it is, or the kind whose usage it is. */
export type Charge = { cents: bigint; plan: string | null; kind: string | null };

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const sumOf = (charges: readonly Charge[]): bigint => charges.reduce((sum, { cents }) => sum + cents, 0n);

/** What is left after discounts: first those on plans and kinds, then those on the invoice; percentages before amounts. */
const discounted = (world: World, tenant: string, charges: readonly Charge[]): bigint => {
  const { period } = world;
  const held = (world.platform.terms?.discounts ?? []).filter(
    (each) =>
      each.tenant === tenant &&
      (each.first_period ?? period) <= period &&
      (each.last_period === undefined || each.last_period >= period),
  );
  const take = (left: bigint, discounts: Terms['discounts']): bigint => {
    let rest = left;
    const byStart = discounts.toSorted((a, b) => ((a.first_period ?? period) < (b.first_period ?? period) ? -1 : 1));
    for (const { percent } of byStart)
      if (percent !== undefined)
        rest -= roundedHalfUp(over(times(fraction(rest), fractionOf(percent)), fraction(100n)));
    for (const { amount_cents } of byStart) if (amount_cents !== undefined) rest -= least(rest, BigInt(amount_cents));
    return rest;
  };
  const narrow = held.filter(({ on }) => on !== 'invoice');
  const scopes = Map.groupBy(narrow, ({ on, plan, kind }) => `${on} ${plan ?? kind}`);
  let left = sumOf(charges);
  for (const discounts of scopes.values()) {
    const [{ on, plan = null, kind = null }] = discounts as [Terms['discounts'][number]];
    const own = sumOf(charges.filter((charge) => (on === 'plan' ? charge.plan === plan : charge.kind === kind)));
    left -= own - take(own, discounts);
  }
  return take(
    left,
    held.filter(({ on }) => on === 'invoice'),
  );
};

/** The least that a tenant's month comes to: each commitment by its days of the month. */
const minimum = (world: World, tenant: string): bigint => {
  const days = BigInt(Temporal.PlainYearMonth.from(world.period).daysInMonth);
  let exact: Fraction = fraction(0n);
  for (const each of world.platform.terms?.commitments ?? []) {
    if (each.tenant !== tenant) continue;
    let held = 0n;
    for (let day = 1; day <= Number(days); day += 1) {
      const name = `${world.period}-${String(day).padStart(2, '0')}`;
      if ((each.from ?? `${world.period}-01`) <= name && (each.until === undefined || name < each.until)) held += 1n;
    }
    exact = plus(exact, over(fraction(BigInt(each.amount_cents) * held), fraction(days)));
  }
  return roundedHalfUp(exact);
};

/** An amount less the granted credit that is valid at the month's end. */
const lessGranted = (world: World, tenant: string, amount: bigint): bigint => {
  const end = world.period_end.slice(0, 10);
  const credit = (world.platform.terms?.prepaid_credits ?? [])
    .filter(
      (each) =>
        each.tenant === tenant &&
        each.origin === 'granted' &&
        (each.from ?? `${world.period}-01`) < end &&
        (each.expires_on === undefined || each.expires_on >= end),
    )
    .reduce((sum, { amount_cents }) => sum + BigInt(amount_cents), 0n);
  return credit > amount ? 0n : amount - credit;
};

/** The subtotal of a tenant's month. */
export const subtotalOf = (world: World, tenant: string, charges: readonly Charge[]): bigint => {
  const [left, lowest] = [discounted(world, tenant, charges), minimum(world, tenant)];
  return lessGranted(world, tenant, left > lowest ? left : lowest);
};
