import type { World } from '@arcadia/digitalocean-simulator';
import {
  type Fraction,
  floorOf,
  fraction,
  fractionOf,
  isPositive,
  minus,
  over,
  plus,
  roundedHalfUp,
  times,
} from './fraction.ts';

/** A part of the time of a droplet within the month, by its name: one owner, one size, on or off. Instants are milliseconds since 1970. */
export type DropletPart = {
  droplet: string;
  deployment: string | null;
  size: string;
  isOn: boolean;
  from: number;
  to: number;
};

type Plan = NonNullable<World['platform']['catalog']>['plans'][number];
type Item = Plan['items'][number];

const hour = 3_600_000;
const day = 24 * hour;
const none = fraction(0n);

/** The provider's prices of the built-in sizes that random worlds use, in USD a month, written down a second time. */
const dollarsAMonth: Record<string, string> = { 's-1vcpu-1gb': '6', 's-1vcpu-2gb': '12', 's-2vcpu-2gb': '18' };

const percent = (text = '0'): Fraction => {
  const isNegative = text.startsWith('-');
  const share = over(fractionOf(text.replace('-', '')), fraction(100n));
  return isNegative ? minus(fraction(1n), share) : plus(fraction(1n), share);
};

const rateOf = (world: World): Fraction => {
  const pinned = world.platform.exchange_rates.find(({ period, from }) => period === world.period && from === 'USD');
  if (pinned === undefined) throw new Error('the world has no exchange rate of its month');
  return fractionOf(pinned.rate);
};

/**
 * Whether a tenant's invoice of the month contains what the bill charges. The bill comes after the close: it does if any of its plans
 * waits for the bill; otherwise the amounts are adjusted on the next invoice.
 */
const isBillAwaited = ({ platform }: World, tenant: string): boolean =>
  platform.subscriptions.some(({ deployment, plan: code }) => {
    const isOwn = platform.deployments.some(({ id, tenant: owner }) => id === deployment && owner === tenant);
    const plan = platform.catalog?.plans.find((each) => each.code === code);
    const isPassing = plan?.items.some(({ charge_model }) => charge_model === 'pass_through') ?? false;
    return isOwn && isPassing && plan?.provider_bill !== 'adjust';
  });

/** What a plan of a world charges a deployment for its droplets, in cents: the sum of lines that are each rounded once. */
export const dropletCents = (
  world: World,
  plan: Plan,
  { id: deployment, tenant }: { id: string; tenant: string },
  parts: readonly DropletPart[],
): bigint => {
  const item = plan.items.find(({ kind }) => kind === 'droplet_hours');
  if (item === undefined) return 0n;
  const own = parts.filter((part) => part.deployment === deployment);
  if (item.charge_model === 'by_size') return bySize(item, own);
  if (item.charge_model === 'cost_plus') return costPlus(world, item, own);
  if (item.charge_model === 'pass_through')
    return isBillAwaited(world, tenant) ? passThrough(world, item, deployment, parts) : 0n;
  throw new Error(`the calculator does not know droplets by ${item.charge_model}`);
};

/** The price of the size: an exact one, else the longest beginning, else the price of the item. */
const priceOfSize = ({ sizes = [], overage_price_cents = '0' }: Item, size: string): Fraction => {
  const exact = sizes.find(({ dimension }) => dimension === size);
  const beginnings = sizes
    .filter(({ dimension }) => dimension.endsWith('*') && size.startsWith(dimension.slice(0, -1)))
    .toSorted((a, b) => b.dimension.length - a.dimension.length);
  return fractionOf((exact ?? beginnings[0])?.unit_price_cents ?? overage_price_cents);
};

/** The included hours are used up day by day, on one day in the order of sizes; what is left has the price of its size. */
const bySize = (item: Item, parts: readonly DropletPart[]): bigint => {
  const days = new Map<string, Fraction>();
  for (const { from, to, size, isOn } of parts) {
    for (let start = from; start < to; start = Math.min(to, (Math.floor(start / day) + 1) * day)) {
      const end = Math.min(to, (Math.floor(start / day) + 1) * day);
      const key = `${String(Math.floor(start / day)).padStart(8, '0')} ${size}`;
      if (isOn) days.set(key, plus(days.get(key) ?? none, fraction(BigInt(end - start), BigInt(hour))));
    }
  }
  let left = fractionOf(item.included_qty);
  const charged = new Map<string, Fraction>();
  for (const [key, used] of [...days].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const rest = minus(used, left);
    left = isPositive(rest) ? none : minus(left, used);
    const size = key.slice(9);
    if (isPositive(rest)) charged.set(size, plus(charged.get(size) ?? none, rest));
  }
  return [...charged].reduce((sum, [size, hours]) => sum + roundedHalfUp(times(hours, priceOfSize(item, size))), 0n);
};

/** Per droplet and size at most 672 hours and at least a minute and a cent of the provider; one line for each size. */
const costPlus = (world: World, item: Item, parts: readonly DropletPart[]): bigint => {
  const running = new Map<string, { size: string; milliseconds: bigint }>();
  for (const { droplet, size, isOn, from, to } of parts) {
    const key = `${size} ${droplet}`;
    const before = running.get(key)?.milliseconds ?? 0n;
    if (isOn) running.set(key, { size, milliseconds: before + BigInt(to - from) });
  }
  const dollars = new Map<string, Fraction>();
  for (const { size, milliseconds } of running.values()) {
    if (milliseconds === 0n) continue;
    const cap = 672n * BigInt(hour);
    const counted = milliseconds > cap ? cap : milliseconds < 60_000n ? 60_000n : milliseconds;
    const cost = times(monthlyDollars(size), fraction(counted, cap));
    const cent = fraction(1n, 100n);
    dollars.set(size, plus(dollars.get(size) ?? none, isPositive(minus(cent, cost)) ? cent : cost));
  }
  const factor = times(times(percent(item.mark_up_percent), rateOf(world)), fraction(100n));
  return [...dollars.values()].reduce((sum, cost) => sum + roundedHalfUp(times(cost, factor)), 0n);
};

/**
 * What a plan of a world charges a deployment for the backups of its droplets by the provider's price, in cents: a fifth of the
 * price of the droplet for weekly ones and three tenths for daily ones, counted as the droplet is.
 */
export const backupCents = (
  world: World,
  plan: Plan,
  deployment: string,
  parts: readonly DropletPart[],
): bigint | null => {
  const item = plan.items.find(({ kind }) => kind === 'droplet_backup_hours');
  if (item === undefined) return null;
  if (item.charge_model !== 'cost_plus')
    throw new Error(`the calculator does not know backups by ${item.charge_model}`);
  return costPlus(
    world,
    item,
    parts.filter((part) => part.deployment === deployment),
  );
};

/** USD a month of a size, or of backups such as `weekly s-1vcpu-1gb`. */
const monthlyDollars = (priced: string): Fraction => {
  const [plan, size] = priced.includes(' ') ? priced.split(' ') : [null, priced];
  const whole = fractionOf(dollarsAMonth[size ?? ''] ?? '');
  return plan === null ? whole : times(whole, fraction(plan === 'daily' ? 3n : 2n, 10n));
};

/** The deployment's shares of the lines of the bill for droplets, in one line. */
const passThrough = (world: World, item: Item, deployment: string, parts: readonly DropletPart[]): bigint => {
  const cents = world.provider.invoices
    .filter(({ period }) => period === world.period)
    .flatMap(({ items }) => items.filter(({ product }) => product === 'Droplets'))
    .reduce((sum, { description, amount, start_time, end_time }) => {
      const span = { from: Date.parse(start_time), to: Date.parse(end_time) };
      const owned = ownersWithin(
        parts.filter(({ droplet }) => description.startsWith(`${droplet} (`)),
        span,
      );
      return sum + shareOf(BigInt(amount.replace('.', '')), owned, deployment);
    }, 0n);
  return roundedHalfUp(times(fraction(cents), times(percent(item.mark_up_percent), rateOf(world))));
};

/** The milliseconds for which each owner had the droplet, in the order in which they did. */
const ownersWithin = (
  parts: readonly DropletPart[],
  span: { from: number; to: number },
): Map<string | null, bigint> => {
  const owned = new Map<string | null, bigint>();
  for (const { deployment, from, to } of parts.toSorted((a, b) => a.from - b.from)) {
    const held = Math.min(to, span.to) - Math.max(from, span.from);
    if (held > 0) owned.set(deployment, (owned.get(deployment) ?? 0n) + BigInt(held));
  }
  return owned;
};

/** Largest remainders: each owner has the whole cents of its exact share, and the cents that are left go to the largest rests. */
const shareOf = (cents: bigint, owned: ReadonlyMap<string | null, bigint>, deployment: string): bigint => {
  const total = [...owned.values()].reduce((sum, held) => sum + held, 0n);
  if (total === 0n) return 0n;
  const shares = [...owned].map(([owner, held], order) => ({ owner, order, exact: fraction(cents * held, total) }));
  let left = cents - shares.reduce((sum, { exact }) => sum + floorOf(exact), 0n);
  const byRest = shares.toSorted((a, b) => {
    const [x, y] = [a, b].map(({ exact }) => minus(exact, fraction(floorOf(exact)))) as [Fraction, Fraction];
    return isPositive(minus(y, x)) ? 1 : isPositive(minus(x, y)) ? -1 : a.order - b.order;
  });
  for (const { owner, exact } of byRest) {
    const extra = left > 0n ? 1n : 0n;
    left -= extra;
    if (owner === deployment) return floorOf(exact) + extra;
  }
  return 0n;
};
