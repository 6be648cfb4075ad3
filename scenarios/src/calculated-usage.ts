import type { World } from '@arcadia/digitalocean-simulator';
import { type Fraction, fraction, fractionOf, isPositive, plus, times } from './fraction.ts';
import type { DropletPart } from './provider-charges.ts';

/** The usage of a month as it follows from the world file. */
export type Usage = {
  /** Quantity by deployment and billing kind. */
  usage: Map<string, Map<string, Fraction>>;
  /** Quantity of the kinds with a dimension, by deployment and `kind dimension`, such as `droplet_hours s-1vcpu-1gb`. */
  byDimension: Map<string, Map<string, Fraction>>;
  /** The parts of the time of each droplet. */
  droplets: DropletPart[];
  /** The parts of the time during which backups of a droplet are on; `size` is their plan and its size. */
  backups: DropletPart[];
};

/** A span of time in epoch milliseconds. */
export type Span = { from: number; to: number };
/** A resource over time: its units and its owners, each from an instant on. */
type Life = {
  kind: string;
  /** The name, of a droplet. */
  id?: string;
  exists: Span;
  units: [at: number, units: Fraction][];
  owners: [at: number, deployment: string | null][];
  /** Its dimensions, each from an instant on; absent for a kind without one. */
  dimensions?: [at: number, dimension: string][];
};

export const ms = (text: string): number => Temporal.Instant.from(text).epochMilliseconds;
const one = fraction(1n);
export const none = fraction(0n);

/** A calendar month in UTC. */
export const monthOf = (period: string): Span => {
  const first = Temporal.PlainYearMonth.from(period);
  const start = (month: Temporal.PlainYearMonth): number =>
    month.toPlainDate({ day: 1 }).toZonedDateTime('UTC').epochMilliseconds;
  return { from: start(first), to: start(first.add({ months: 1 })) };
};

/** When a month is closed: 03:00 UTC on the first day of the next one. */
export const closeOf = (month: Span): number => month.to + 3 * 3_600_000;

/** The usage of a month, without what is reported after `reportedBy`, in epoch milliseconds. */
export const usageOf = (world: World, month: Span, reportedBy = Number.POSITIVE_INFINITY): Usage => {
  const usage: Usage['usage'] = new Map(world.platform.deployments.map(({ id }) => [id, new Map()]));
  const byDimension: Usage['byDimension'] = new Map([...usage.keys()].map((deployment) => [deployment, new Map()]));
  const add = (deployment: string | null, kind: string, quantity: Fraction, to = usage): void => {
    const kinds = deployment === null ? undefined : to.get(deployment);
    if (kinds === undefined || !isPositive(quantity)) return;
    kinds.set(kind, plus(kinds.get(kind) ?? none, quantity));
  };
  const droplets: DropletPart[] = [];
  const backups: DropletPart[] = [];
  for (const life of livesOf(world)) {
    const divisor = life.kind.endsWith('_hours') ? 3_600_000n : BigInt(month.to - month.from);
    for (const { span, units, deployment, dimension } of pieces(life, month)) {
      const quantity = times(units, fraction(BigInt(span.to - span.from), divisor));
      add(deployment, life.kind, quantity);
      if (life.id !== undefined && dimension !== undefined)
        (life.kind === 'droplet_hours' ? droplets : backups).push({
          droplet: life.id,
          deployment,
          size: dimension,
          isOn: isPositive(units),
          ...span,
        });
      if (dimension !== undefined) add(deployment, `${life.kind} ${dimension}`, quantity, byDimension);
    }
  }
  for (const reading of readingsOf(world))
    for (const { span, units, deployment } of pieces(reading, month))
      add(deployment, reading.kind, times(units, fraction(BigInt(span.to - span.from), BigInt(month.to - month.from))));
  for (const report of world.platform.usage)
    if (report.form === 'usage' && ms(report.at) >= month.from && ms(report.at) < month.to)
      if (ms(report.reported_at) <= reportedBy) add(report.deployment, report.kind, fractionOf(report.quantity));
  return { usage, byDimension, droplets, backups };
};

/** The parts of a life within a span in which neither units nor owner nor dimension change. */
const pieces = (life: Life, within: Span) => {
  const from = Math.max(life.exists.from, within.from);
  const to = Math.min(life.exists.to, within.to);
  const changes = [...life.units, ...life.owners, ...(life.dimensions ?? [])].map(([at]) => at);
  const cuts = [from, to, ...changes].filter((at) => at >= from && at <= to);
  const edges = [...new Set(cuts)].sort((a, b) => a - b);
  return edges.slice(1).map((end, index) => {
    const start = edges[index] ?? end;
    return {
      span: { from: start, to: end },
      units: valueAt(life.units, start) ?? none,
      deployment: valueAt(life.owners, start) ?? null,
      dimension: valueAt(life.dimensions ?? [], start),
    };
  });
};

const valueAt = <Value>(timeline: readonly [number, Value][], at: number): Value | undefined =>
  timeline
    .filter(([from]) => from <= at)
    .toSorted(([a], [b]) => a - b)
    .at(-1)?.[1];

type Lived = { created_at: string; destroyed_at?: string | undefined };
const existence = ({ created_at, destroyed_at }: Lived): Span => ({
  from: ms(created_at),
  to: destroyed_at === undefined ? Number.POSITIVE_INFINITY : ms(destroyed_at),
});

/** The droplets that the world's sagas create, but for those that the provider refuses by a scripted fault at that time. */
const provisionedBySagas = ({ platform, provider, period }: World): Life[] =>
  platform.sagas.flatMap(({ kind, at, inputs }, index) => {
    if (kind !== 'provision_droplet') return [];
    const starts = at === undefined ? closeOf(monthOf(period)) + (30 + index) * 60_000 : ms(at);
    const isRefused = provider.faults.some(
      ({ from, until }) => from !== undefined && until !== undefined && ms(from) <= starts && starts < ms(until),
    );
    if (isRefused) return [];
    return {
      kind: 'droplet_hours',
      id: String(inputs['name']),
      exists: { from: starts, to: Number.POSITIVE_INFINITY },
      units: [[starts, one]],
      owners: [[starts, String(inputs['deployment_id'])]],
      dimensions: [[starts, String(inputs['size_slug'])]],
    } satisfies Life;
  });

const livesOf = (world: World): Life[] => {
  const { provider, platform } = world;
  const ownerOfProject = (reference: string | undefined): string | null => {
    const project = provider.projects.find(({ id, name }) => reference === id || reference === name)?.id;
    return (
      platform.bindings.find((binding) => binding.project !== undefined && binding.project === project)?.deployment ??
      null
    );
  };
  const byProject = (
    item: Lived & { project?: string | undefined; changes?: readonly { at: string; project?: string | undefined }[] },
  ): Life['owners'] => [
    [ms(item.created_at), ownerOfProject(item.project)],
    ...(item.changes ?? [])
      .filter(({ project }) => project !== undefined)
      .map(({ at, project }): [number, string | null] => [ms(at), ownerOfProject(project)]),
  ];
  const changing = <Change extends { at: string }>(
    start: string,
    first: Fraction,
    changes: readonly Change[],
    units: (change: Change) => Fraction | undefined,
  ): Life['units'] => [
    [ms(start), first],
    ...changes.flatMap((change): [number, Fraction][] => {
      const value = units(change);
      return value === undefined ? [] : [[ms(change.at), value]];
    }),
  ];
  const powered = (power: 'on' | 'off' | undefined): Fraction | undefined =>
    power === undefined ? undefined : power === 'on' ? one : none;
  const ownersOfDroplet = new Map(provider.droplets.map((item) => [String(item.id), byProject(item)]));
  const ownersOfVolume = new Map(provider.volumes.map((item) => [String(item.id), byProject(item)]));
  const sourceOwners = (item: { droplet?: string | undefined; volume?: string | undefined }): Life['owners'] => {
    const droplet = provider.droplets.find(({ id, name }) => String(id) === item.droplet || name === item.droplet);
    const volume = provider.volumes.find(({ id, name }) => id === item.volume || name === item.volume);
    return ownersOfDroplet.get(String(droplet?.id)) ?? ownersOfVolume.get(String(volume?.id)) ?? [];
  };
  return [
    ...provider.droplets.map((item) => ({
      kind: 'droplet_hours',
      id: item.name,
      exists: existence(item),
      units: changing(item.created_at, powered(item.power) ?? one, item.changes, (change) => powered(change.power)),
      owners: byProject(item),
      dimensions: [
        [ms(item.created_at), item.size] as [number, string],
        ...item.changes.flatMap(({ at, resize }): [number, string][] =>
          resize === undefined ? [] : [[ms(at), resize]],
        ),
      ],
    })),
    ...provider.droplets.map((item) => ({
      kind: 'droplet_backup_hours',
      id: item.name,
      exists: existence(item),
      units: changing(item.created_at, item.backups === false ? none : one, item.changes, ({ backups }) =>
        backups === undefined ? undefined : backups === false ? none : one,
      ),
      owners: byProject(item),
      dimensions: plansAndSizes(item),
    })),
    ...provisionedBySagas(world),
    ...provider.volumes.map((item) => ({
      kind: 'volume_gb_month',
      exists: existence(item),
      units: changing(item.created_at, fraction(BigInt(item.size_gigabytes)), item.changes, ({ resize }) =>
        resize === undefined ? undefined : fraction(BigInt(resize)),
      ),
      owners: byProject(item),
    })),
    ...provider.snapshots.map((item) => ({
      kind: 'snapshot_gb_month',
      exists: existence(item),
      units: changing(item.created_at, fractionOf(item.size_gigabytes), [], () => undefined),
      owners: sourceOwners(item),
    })),
    ...provider.backups.map((item) => ({
      kind: 'backup_gb_month',
      exists: existence(item),
      units: changing(item.created_at, fractionOf(item.size_gigabytes), [], () => undefined),
      owners: sourceOwners(item),
      ...planAndSize(provider, item),
    })),
    ...provider.domains.map((item) => ({
      kind: 'dns_zones',
      exists: existence(item),
      units: changing(item.created_at, one, [], () => undefined),
      owners: byProject(item),
    })),
    ...provider.load_balancers.map((item) => ({
      kind: 'load_balancer_hours',
      exists: existence(item),
      units: changing(item.created_at, fraction(BigInt(item.nodes)), item.changes, ({ nodes }) =>
        nodes === undefined ? undefined : fraction(BigInt(nodes)),
      ),
      owners: byProject(item),
    })),
    ...provider.reserved_ips.map((item) => ({
      kind: 'floating_ip_hours',
      exists: existence(item),
      units: changing(item.created_at, item.droplet === null ? one : none, item.changes, ({ droplet }) =>
        droplet === undefined ? undefined : droplet === null ? one : none,
      ),
      owners: byProject(item),
    })),
    ...provider.buckets.map((item) => ({
      kind: 'spaces_gb_month',
      exists: existence(item),
      units: changing(item.created_at, fractionOf(item.size_gigabytes), item.changes, ({ size_gigabytes }) =>
        size_gigabytes === undefined ? undefined : fractionOf(size_gigabytes),
      ),
      owners: byProject(item),
    })),
  ];
};

/** A reading of a subject holds until its next reading; different subjects add up. */
const readingsOf = (world: World): Life[] => {
  const readings = world.platform.usage.filter(({ form }) => form === 'reading');
  const subjects = Map.groupBy(readings, ({ deployment, kind, subject }) =>
    JSON.stringify([deployment, kind, subject]),
  );
  return [...subjects.values()].map((series) => ({
    kind: series[0]?.kind ?? '',
    exists: { from: Math.min(...series.map(({ at }) => ms(at))), to: Number.POSITIVE_INFINITY },
    units: series.map(({ at, quantity }): [number, Fraction] => [ms(at), fractionOf(quantity)]),
    owners: [[Number.NEGATIVE_INFINITY, series[0]?.deployment ?? null]],
  }));
};

/** What the price of a backup depends on: the plan, and the size that its droplet has at the time. */
function planAndSize(
  { droplets }: World['provider'],
  { droplet: named }: { droplet: string },
): Pick<Life, 'dimensions'> {
  const found = droplets.find(({ id, name }) => String(id) === named || name === named);
  if (found === undefined || found.backups === false) return {};
  const { id, size, backups, changes, created_at } = found;
  const sizes: [string, string][] = [
    [created_at, size],
    ...changes.flatMap(({ at, resize }): [string, string][] => (resize === undefined ? [] : [[at, resize]])),
  ];
  return { dimensions: sizes.map(([at, slug]) => [ms(at), `${backups.plan} ${slug} of ${id}`]) };
}

/** What the price of the backups of a droplet depends on while they are on: their plan and its size. */
function plansAndSizes({
  created_at,
  size,
  backups,
  changes,
}: World['provider']['droplets'][number]): [number, string][] {
  let [plan, now] = [backups === false ? '' : backups.plan, size];
  const found: [number, string][] = [[ms(created_at), `${plan} ${now}`]];
  for (const { at, resize, backups: set } of changes.toSorted((a, b) => ms(a.at) - ms(b.at))) {
    now = resize ?? now;
    if (set !== undefined) plan = set === false ? '' : set.plan;
    found.push([ms(at), `${plan} ${now}`]);
  }
  return found;
}
