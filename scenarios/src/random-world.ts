import type { World } from '@arcadia/digitalocean-simulator';
import { type Dice, dice } from './dice.ts';
import { makeWorld } from './make-world.ts';
import { termsIn } from './random-terms.ts';

const months = ['2026-02', '2026-03', '2026-04', '2028-02'] as const;
const sizes = ['s-1vcpu-1gb', 's-1vcpu-2gb', 's-2vcpu-2gb'];

/** A random instant of the month, to the second, so that few fall on a full hour. */
const instantIn = (month: string, dices: Dice, from = 0, to = 1): string => {
  const start = Temporal.Instant.from(`${month}-01T00:00:00Z`);
  const seconds = Temporal.PlainYearMonth.from(month).daysInMonth * 86_400;
  const low = Math.floor(seconds * from);
  return start.add({ seconds: low + dices.upTo(Math.max(1, Math.floor(seconds * (to - from)) - 1)) }).toString();
};

/** Most resources exist all month; some are created, destroyed, or both. */
const lifeIn = (month: string, dices: Dice): { created_at?: string; destroyed_at?: string } => ({
  ...(dices.chance(0.4) ? { created_at: instantIn(month, dices, 0.05, 0.4) } : {}),
  ...(dices.chance(0.3) ? { destroyed_at: instantIn(month, dices, 0.7, 0.98) } : {}),
});

/** At most one change, in the middle of the month. */
const changeIn = <Change extends object>(
  month: string,
  dices: Dice,
  share: number,
  change: () => Change,
): (Change & { at: string })[] =>
  dices.chance(share) ? [{ at: instantIn(month, dices, 0.42, 0.68), ...change() }] : [];

const many = <Item>(dices: Dice, most: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: dices.between(0, most) }, (_, index) => make(index));

/** Plans that charge droplets by size, by the provider's list prices with their backups, and by its bill. */
const plansOfOwn = ['sized', 'cost', 'passed', 'adjusted'] as const;

const planOf = (code: (typeof plansOfOwn)[number]): object => {
  const passing = ['droplet_hours', 'kubernetes_ha_hours'].map((kind) => ({
    kind,
    charge_model: 'pass_through',
    mark_up_percent: '15.5',
  }));
  const sizes = [
    { dimension: 's-1vcpu-1gb', unit_price_cents: '1.1' },
    { dimension: 's-1*', unit_price_cents: '1.7' },
  ];
  const sized = { charge_model: 'by_size', included_qty: '300', overage_price_cents: '2.25', sizes };
  return {
    code,
    base_price_cents: 1000,
    ...(code === 'adjusted' ? { provider_bill: 'adjust' } : {}),
    items:
      code === 'sized'
        ? [{ kind: 'droplet_hours', ...sized }]
        : code === 'cost'
          ? [
              { kind: 'droplet_hours', charge_model: 'cost_plus', mark_up_percent: '-12.5' },
              { kind: 'droplet_backup_hours', charge_model: 'cost_plus', mark_up_percent: '25' },
            ]
          : passing,
  };
};

type Droplet = {
  name: string;
  size: string;
  created_at?: string;
  destroyed_at?: string;
  changes: readonly { at: string; resize?: string }[];
};

/** A bill of the month: a line for each droplet and size with any amount, and lines that belong to no droplet. */
const billOf = (month: string, droplets: readonly Droplet[], dices: Dice): object => {
  const first = `${month}-01T00:00:00Z`;
  const after = `${Temporal.PlainYearMonth.from(month).add({ months: 1 }).toString()}-01T00:00:00Z`;
  const amount = () => `${dices.between(0, 90)}.${String(dices.between(0, 99)).padStart(2, '0')}`;
  const items = droplets.flatMap(({ name, size, created_at = first, destroyed_at = after, changes }) => {
    const resizes = changes.flatMap(({ at, resize }) => (resize === undefined ? [] : [{ at, size: resize }]));
    const spans = [{ at: created_at, size }, ...resizes];
    return spans.map((span, index) => ({
      product: 'Droplets',
      description: `${name} (${span.size})`,
      amount: amount(),
      start_time: span.at,
      end_time: spans[index + 1]?.at ?? destroyed_at,
    }));
  });
  return {
    period: month,
    items: [
      ...items,
      { product: 'Bandwidth', description: 'Data transfer', amount: amount() },
      { product: 'Taxes', description: 'GST (10%)', amount: amount() },
    ],
  };
};

/**
 * A small world made from a seed: deployments in projects of their own, resources that are created, destroyed, resized, moved
 * and switched off, reported usage, plans with addons, and terms of single tenants. It holds only features that `calculate` supports.
 */
export const randomWorld = (seed: number): World => {
  const dices = dice(seed);
  const month = dices.pick(months);
  // Dice of their own, so that the rest of each world stays as it is.
  const sizing = dice(seed + 1_000_000);
  const charging = dice(seed + 2_000_000);
  const agreeing = dice(seed + 3_000_000);
  const saving = dice(seed + 4_000_000);
  const deployments = Array.from({ length: dices.between(2, 4) }, (_, index) => ({
    slug: `app-${index}`,
    tenant: `tenant-${dices.upTo(2)}`,
    project: `project-${index}`,
  }));
  const project = (): string => dices.pick(deployments).project;
  const moved = () => ({ project: project() });
  const life = () => lifeIn(month, dices);
  const gigabytes = (): string => `${dices.between(1, 400)}.${dices.between(0, 99)}`;
  const lasting = Array.from({ length: dices.between(1, 3) }, (_, index) => ({
    name: `lasting-${index}`,
    project: project(),
    size: sizing.pick(sizes),
    changes: [
      ...changeIn(month, sizing, 0.6, () => ({ resize: sizing.pick(sizes) })),
      ...changeIn(month, sizing, 0.4, () => ({ resize: sizing.pick(sizes) })),
    ].toSorted((a, b) => (a.at < b.at ? -1 : 1)),
    backups: dices.chance(0.4) ? { plan: 'weekly' } : (false as const),
  }));
  const backedUp = lasting.filter(({ backups }) => backups !== false);
  const passing = Array.from({ length: dices.between(1, 3) }, (_, index) => ({
    name: `passing-${index}`,
    project: project(),
    size: dices.pick(sizes),
    ...life(),
    changes: changeIn(month, dices, 0.6, () =>
      dices.pick([() => ({ power: 'off' }), () => ({ resize: dices.pick(sizes) }), moved])(),
    ),
  })).map((droplet) => ({
    ...droplet,
    backups: saving.chance(0.5) ? { plan: saving.pick(['weekly', 'daily'] as const) } : (false as const),
    changes: [
      ...droplet.changes,
      ...changeIn(month, saving, 0.5, () => ({
        backups: saving.pick([false as const, { plan: 'weekly' }, { plan: 'daily' }]),
      })),
    ].toSorted((a, b) => (a.at < b.at ? -1 : 1)),
  }));
  const chargedBy = (seedPlan: string): string => (charging.chance(0.6) ? charging.pick(plansOfOwn) : seedPlan);
  return makeWorld(`random-${seed}`, {
    period: month,
    provider: {
      projects: [{ name: 'internal' }, ...deployments.map(({ project: name }) => ({ name }))],
      droplets: [...lasting, ...passing],
      invoices: [billOf(month, [...lasting, ...passing], charging)],
      volumes: many(dices, 2, (index) => ({
        name: `volume-${index}`,
        project: project(),
        size_gigabytes: dices.between(1, 300),
        ...life(),
        changes: changeIn(month, dices, 0.5, () => ({ resize: dices.between(301, 900) })),
      })),
      snapshots: many(dices, 3, (index) => ({
        name: `snapshot-${index}`,
        droplet: dices.pick(lasting).name,
        size_gigabytes: gigabytes(),
        ...life(),
      })),
      backups: backedUp.flatMap(({ name }) =>
        many(dices, 2, () => ({ droplet: name, size_gigabytes: gigabytes(), ...life() })),
      ),
      domains: many(dices, 3, (index) => ({
        name: `zone-${index}.example`,
        project: project(),
        ...life(),
        changes: changeIn(month, dices, 0.3, moved),
      })),
      load_balancers: many(dices, 1, (index) => ({
        name: `balancer-${index}`,
        project: project(),
        nodes: dices.between(1, 3),
        ...life(),
        changes: changeIn(month, dices, 0.5, () => ({ nodes: dices.between(1, 5) })),
      })),
      reserved_ips: many(dices, 2, (index) => ({
        ip: `203.0.113.${50 + index}`,
        project: project(),
        droplet: dices.chance(0.5) ? dices.pick(lasting).name : null,
        changes: changeIn(month, dices, 0.5, () => ({ droplet: dices.chance(0.5) ? dices.pick(lasting).name : null })),
      })),
      buckets: many(dices, 2, (index) => ({
        name: `bucket-${index}`,
        project: project(),
        size_gigabytes: gigabytes(),
        objects: dices.between(1, 5),
        changes: changeIn(month, dices, 0.6, () => ({ size_gigabytes: gigabytes() })),
      })),
    },
    platform: {
      internal_project: 'internal',
      exchange_rates: [{ period: month, rate: `1.${charging.between(1000, 9999)}` }],
      catalog: { plans: plansOfOwn.map(planOf) },
      tenants: [{ id: 'tenant-0' }, { id: 'tenant-1' }],
      deployments,
      projects: deployments.map((each) => ({ project: each.project, tenant: each.tenant, purpose: 'tenant' })),
      subscriptions: deployments
        .filter(() => dices.chance(0.85))
        .map(({ slug, tenant }) => ({
          deployment: `${tenant}/${slug}`,
          plan: chargedBy(dices.pick(['starter', 'studio', 'pro'])),
          addons: ['storage_50gb', 'storage_250gb', 'llm_1m']
            .filter(() => dices.chance(0.3))
            .map((code) => ({ code, quantity: dices.between(1, 3) })),
        })),
      terms: termsIn(month, agreeing),
      usage: many(dices, 6, () => {
        const { slug, tenant } = dices.pick(deployments);
        const at = instantIn(month, dices);
        return {
          at,
          deployment: `${tenant}/${slug}`,
          ...dices.pick([
            { kind: 'bandwidth_gb', quantity: `${dices.between(1, 9000)}.${dices.between(0, 999)}` },
            { kind: 'llm_input_tokens', quantity: String(dices.between(1, 9_000_000)) },
            { kind: 'llm_output_tokens', quantity: String(dices.between(1, 3_000_000)) },
            { kind: 'spaces_gb_month', form: 'reading', subject: `disk-${dices.upTo(2)}`, quantity: gigabytes() },
          ]),
        };
      }),
    },
  });
};
