import type { World } from '@arcadia/digitalocean-simulator';
import { type Charge, ownPrice, subtotalOf } from './calculate-terms.ts';
import { closeOf, monthOf, ms, none, type Span, usageOf } from './calculated-usage.ts';
import {
  type Fraction,
  fraction,
  fractionOf,
  isPositive,
  minus,
  over,
  plus,
  roundedHalfUp,
  times,
} from './fraction.ts';
import { backupCents, type DropletPart, dropletCents } from './provider-charges.ts';
import { addons, centsBeyondPlan, centsOutsidePlans, plans } from './seed-prices.ts';

/** Totals by tenant, in cents. */
export type Invoices = Map<string, { subtotal: bigint; tax: bigint; total: bigint }>;

/** The invoices of a month: its own subtotals as known at its close, and the adjustments of the month before. */
export const invoicesOf = (world: World, period: string): Invoices => {
  const month = monthOf(period);
  const before = monthOf(Temporal.PlainYearMonth.from(period).subtract({ months: 1 }).toString());
  const subtotals = subtotalsOf(world, month, closeOf(month));
  const [asKnown, asBilled] = [subtotalsOf(world, before, closeOf(month)), subtotalsOf(world, before, closeOf(before))];
  for (const [tenant, known] of asKnown) {
    const adjustment = known - (asBilled.get(tenant) ?? 0n);
    if (adjustment !== 0n) subtotals.set(tenant, (subtotals.get(tenant) ?? 0n) + adjustment);
  }
  return new Map(
    [...subtotals].map(([tenant, subtotal]) => {
      const tax = roundedHalfUp(over(fraction(subtotal), fraction(10n)));
      return [tenant, { subtotal, tax, total: subtotal + tax }];
    }),
  );
};

type WorldPlan = NonNullable<World['platform']['catalog']>['plans'][number];
type Plan = {
  base: bigint;
  included: Record<string, string>;
  /** Cents for a unit beyond the included quantity, by kind. */
  cents: Record<string, string>;
  /** The plan of the world, if it charges droplets or their backups by another model than the standard one. */
  own?: WorldPlan;
};

/** A plan of the world's own catalog, else of the seed catalog. */
const planOf = (world: World, code: string): Plan => {
  const own = world.platform.catalog?.plans.find((plan) => plan.code === code);
  if (own === undefined) {
    const seeded = plans[code];
    if (seeded === undefined) throw new Error(`the calculator does not support the plan ${code}`);
    return { ...seeded, cents: centsBeyondPlan };
  }
  const standard = own.items.filter(({ charge_model }) => charge_model === 'standard');
  const others = own.items.filter(({ charge_model }) => charge_model !== 'standard');
  const known = ['droplet_hours', 'droplet_backup_hours'];
  if (others.some(({ kind, charge_model }) => !known.includes(kind) && charge_model !== 'pass_through'))
    throw new Error(`the calculator does not support the items of plan ${code}`);
  return {
    base: BigInt(own.base_price_cents),
    included: Object.fromEntries(standard.map(({ kind, included_qty }) => [kind, included_qty])),
    cents: Object.fromEntries(
      standard.map(({ kind, overage_price_cents }) => [kind, overage_price_cents ?? centsOutsidePlans[kind] ?? '0']),
    ),
    ...(others.length === 0 ? {} : { own }),
  };
};

/** The subtotals in cents by tenant, of what was reported until an instant; a tenant without a charge has none. */
const subtotalsOf = (world: World, month: Span, reportedBy: number): Map<string, bigint> => {
  const { usage, droplets, backups } = usageOf(world, month, reportedBy);
  const charges = new Map<string, Charge[]>();
  for (const subscription of world.platform.subscriptions) {
    if (ms(subscription.starts_at) >= month.to) continue;
    const deployment = world.platform.deployments.find(({ id }) => id === subscription.deployment);
    if (deployment === undefined) throw new Error(`there is no deployment ${subscription.deployment}`);
    const changed = subscription.changes.filter(({ at, plan }) => plan !== undefined && ms(at) < month.to);
    const code = changed.at(-1)?.plan ?? subscription.plan;
    const { tenant } = deployment;
    const charged = charges.get(tenant) ?? [];
    charges.set(tenant, charged);
    const attached = subscription.addons.flatMap((addon) =>
      Array.from({ length: addon.quantity }, () => addons[addon.code]).filter((each) => each !== undefined),
    );
    const used = usage.get(deployment.id) ?? new Map<string, Fraction>();
    charged.push(...chargesOf(world, { tenant, code, attached, used, deployment: deployment.id, droplets, backups }));
  }
  for (const { tenant } of world.platform.terms?.commitments ?? []) if (!charges.has(tenant)) charges.set(tenant, []);
  return new Map(
    [...charges].flatMap(([tenant, charged]): [string, bigint][] => {
      const subtotal = subtotalOf(world, tenant, charged);
      return charged.length === 0 && subtotal === 0n ? [] : [[tenant, subtotal]];
    }),
  );
};

/** What one deployment is charged: its plan, its addons, and what it used beyond both. */
const chargesOf = (
  world: World,
  given: {
    tenant: string;
    code: string;
    attached: readonly { price: bigint; kind: string; qty: string }[];
    used: ReadonlyMap<string, Fraction>;
    deployment: string;
    droplets: readonly DropletPart[];
    backups: readonly DropletPart[];
  },
): Charge[] => {
  const { tenant, code, attached } = given;
  const plan = planOf(world, code);
  const ownOf = (kind: string | null) => ownPrice(world, { tenant, plan: code, kind });
  const charged: Charge[] = [
    { cents: ownOf(null).base ?? plan.base, plan: code, kind: null },
    ...attached.map(({ price }) => ({ cents: price, plan: null, kind: null })),
  ];
  if (plan.own !== undefined)
    charged.push({
      cents: dropletCents(world, plan.own, { id: given.deployment, tenant }, given.droplets),
      plan: null,
      kind: 'droplet_hours',
    });
  const ofBackups = plan.own === undefined ? null : backupCents(world, plan.own, given.deployment, given.backups);
  if (ofBackups !== null) charged.push({ cents: ofBackups, plan: null, kind: 'droplet_backup_hours' });
  // Backups are charged by the hours in which they are on, or else by their gigabytes.
  const isByHours = ofBackups !== null && given.used.has('droplet_backup_hours');
  for (const [kind, quantity] of given.used) {
    if (kind === (isByHours ? 'backup_gb_month' : 'droplet_backup_hours')) continue;
    if (plan.own?.items.some((item) => item.kind === kind && item.charge_model !== 'standard') === true) continue;
    const extra = attached
      .filter((addon) => addon.kind === kind)
      .reduce((total, { qty }) => plus(total, fractionOf(qty)), none);
    const price = ownOf(kind).unit ?? (kind in plan.included ? plan.cents[kind] : centsOutsidePlans[kind]);
    const beyond = minus(quantity, plus(fractionOf(plan.included[kind] ?? '0'), extra));
    if (isPositive(beyond))
      charged.push({ cents: roundedHalfUp(times(beyond, fractionOf(price ?? '0'))), plan: null, kind });
  }
  return charged;
};
