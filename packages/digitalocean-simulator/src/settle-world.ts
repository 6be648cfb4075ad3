import { Decimal } from 'decimal.js';
import type { Invoice, InvoiceItem } from './world-billing.ts';
import { derivedInteger, derivedUuid, milliseconds } from './world-fields.ts';
import type { PlatformSide } from './world-platform.ts';
import type { ProviderSide } from './world-provider.ts';

type Given<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: Exclude<T[P], undefined> };
type Item<K extends keyof ProviderSide> = ProviderSide[K] extends readonly (infer T)[] ? T : never;
type Born<K extends keyof ProviderSide> = Item<K> & { created_at: string };
type BornWithId<K extends keyof ProviderSide> = Born<K> & {
  id: Exclude<Item<K> extends { id?: infer I } ? I : never, undefined>;
};

export type SettledItem = Given<InvoiceItem, 'start_time' | 'end_time'>;
export type SettledInvoice = Given<Omit<Invoice, 'items'>, 'uuid' | 'id' | 'amount' | 'issued_at'> & {
  items: SettledItem[];
};

export interface SettledProvider
  extends Omit<
    ProviderSide,
    | 'projects'
    | 'droplets'
    | 'volumes'
    | 'snapshots'
    | 'backups'
    | 'domains'
    | 'buckets'
    | 'reserved_ips'
    | 'firewalls'
    | 'load_balancers'
    | 'nat_gateways'
    | 'databases'
    | 'kubernetes_clusters'
    | 'apps'
    | 'nfs_shares'
    | 'custom_images'
    | 'partner_attachments'
    | 'byoip_prefixes'
    | 'registries'
    | 'cdn_endpoints'
    | 'invoices'
  > {
  projects: BornWithId<'projects'>[];
  droplets: BornWithId<'droplets'>[];
  volumes: BornWithId<'volumes'>[];
  snapshots: BornWithId<'snapshots'>[];
  backups: BornWithId<'backups'>[];
  domains: Born<'domains'>[];
  buckets: Born<'buckets'>[];
  reserved_ips: Born<'reserved_ips'>[];
  firewalls: BornWithId<'firewalls'>[];
  load_balancers: BornWithId<'load_balancers'>[];
  nat_gateways: BornWithId<'nat_gateways'>[];
  databases: BornWithId<'databases'>[];
  kubernetes_clusters: BornWithId<'kubernetes_clusters'>[];
  apps: BornWithId<'apps'>[];
  nfs_shares: BornWithId<'nfs_shares'>[];
  custom_images: BornWithId<'custom_images'>[];
  partner_attachments: BornWithId<'partner_attachments'>[];
  byoip_prefixes: BornWithId<'byoip_prefixes'>[];
  registries: Born<'registries'>[];
  cdn_endpoints: BornWithId<'cdn_endpoints'>[];
  invoices: SettledInvoice[];
}

type Deployment = PlatformSide['deployments'][number];
type Subscription = PlatformSide['subscriptions'][number];
type Usage = PlatformSide['usage'][number];

export interface SettledPlatform
  extends Omit<PlatformSide, 'deployments' | 'subscriptions' | 'bindings' | 'attributions' | 'usage'> {
  /** `project` is the provider's id. */
  deployments: Given<Deployment, 'id' | 'display_name' | 'created_at'>[];
  /** `deployment` is the id, here and below. */
  subscriptions: Given<Subscription, 'starts_at'>[];
  /** Holds those of `deployments[].project` too; `project` is the provider's id. */
  bindings: Given<PlatformSide['bindings'][number], 'from'>[];
  attributions: PlatformSide['attributions'];
  usage: Given<Usage, 'id' | 'reported_at'>[];
}

export interface WorldTimes {
  readonly period: string;
  readonly period_start: string;
  readonly period_end: string;
  readonly begins_at: string;
}

/** Gives every object at the provider its id and creation time, the same in every run. */
export function settleProvider(side: ProviderSide, times: WorldTimes): SettledProvider {
  const born = Temporal.Instant.from(times.period_start)
    .toZonedDateTimeISO('UTC')
    .subtract({ months: 1 })
    .toInstant()
    .toString();
  const count = new Map<string, number>();
  // Names may repeat at the provider, so the n-th object of a name gets an id of its own.
  const nth = (kind: string, name: string): string => {
    const key = `${kind} ${name}`;
    const number = (count.get(key) ?? 0) + 1;
    count.set(key, number);
    return String(number);
  };
  const taken = new Set(
    [...side.droplets, ...side.backups, ...side.snapshots, ...side.custom_images].map((item) => Number(item.id)),
  );
  // Two of ten thousand derived numbers may be equal: the later one takes the next free number.
  const free = (number: number): number => {
    let id = number;
    while (taken.has(id)) id += 1;
    taken.add(id);
    return id;
  };
  const uuidOf = <T extends { id?: string | undefined; created_at?: string | undefined }>(
    kind: string,
    name: string,
    item: T,
  ) => ({
    ...item,
    id: item.id ?? derivedUuid(kind, name, nth(kind, name)),
    created_at: item.created_at ?? born,
  });
  const integerOf = <T extends { id?: number | undefined; created_at?: string | undefined }>(
    from: number,
    kind: string,
    name: string,
    item: T,
  ) => ({
    ...item,
    id: item.id ?? free(derivedInteger(from, [kind, name, nth(kind, name)])),
    created_at: item.created_at ?? born,
  });
  const bornOf = <T extends { created_at?: string | undefined }>(item: T) => ({
    ...item,
    created_at: item.created_at ?? born,
  });
  const projects = side.projects.some((project) => project.is_default)
    ? side.projects
    : [
        ...side.projects,
        {
          name: 'Default',
          description: '',
          purpose: 'Other: default',
          environment: 'Development' as const,
          is_default: true,
          resources: [],
        },
      ];
  return {
    ...side,
    projects: projects.map((item) => uuidOf('project', item.name, item)),
    droplets: side.droplets.map((item) => integerOf(400_000_000, 'droplet', item.name, item)),
    volumes: side.volumes.map((item) => uuidOf('volume', item.name, item)),
    snapshots: side.snapshots.map((item) => ({
      ...bornOf(item),
      id:
        item.id ??
        (item.volume === undefined
          ? String(free(derivedInteger(100_000_000, ['snapshot', item.name, nth('snapshot', item.name)])))
          : derivedUuid('snapshot', item.name, nth('snapshot', item.name))),
    })),
    backups: side.backups.map((item) => integerOf(200_000_000, 'backup', item.droplet, item)),
    domains: side.domains.map(bornOf),
    buckets: side.buckets.map(bornOf),
    reserved_ips: side.reserved_ips.map(bornOf),
    firewalls: side.firewalls.map((item) => uuidOf('firewall', item.name, item)),
    load_balancers: side.load_balancers.map((item) => uuidOf('load_balancer', item.name, item)),
    nat_gateways: side.nat_gateways.map((item) => uuidOf('nat_gateway', item.name, item)),
    databases: side.databases.map((item) => uuidOf('database', item.name, item)),
    kubernetes_clusters: side.kubernetes_clusters.map((item) => uuidOf('kubernetes', item.name, item)),
    apps: side.apps.map((item) => uuidOf('app', item.name, item)),
    nfs_shares: side.nfs_shares.map((item) => uuidOf('nfs', item.name, item)),
    custom_images: side.custom_images.map((item) => integerOf(300_000_000, 'custom_image', item.name, item)),
    partner_attachments: side.partner_attachments.map((item) => uuidOf('partner_attachment', item.name, item)),
    byoip_prefixes: side.byoip_prefixes.map((item) => uuidOf('byoip_prefix', item.name, item)),
    registries: side.registries.map(bornOf),
    cdn_endpoints: side.cdn_endpoints.map((item) => uuidOf('cdn', item.origin, item)),
    invoices: side.invoices.map(settleInvoice),
  };
}

function settleInvoice(invoice: Invoice, index: number): SettledInvoice {
  const start = Temporal.Instant.from(`${invoice.period}-01T00:00:00Z`);
  const end = start.toZonedDateTimeISO('UTC').add({ months: 1 }).toInstant();
  const { overages = 0, taxes = 0, credits_and_adjustments = 0 } = invoice.summary_only ?? {};
  const sum = invoice.items.reduce(
    (total, item) => total.plus(item.amount),
    new Decimal(overages).plus(taxes).plus(credits_and_adjustments),
  );
  return {
    ...invoice,
    uuid: invoice.uuid ?? derivedUuid('invoice', invoice.period, String(index)),
    id: invoice.id ?? String(derivedInteger(400_000_000, ['invoice', invoice.period, String(index)])),
    amount: invoice.amount ?? sum.toFixed(2),
    issued_at: invoice.issued_at ?? end.add({ hours: 1 }).toString(),
    items: invoice.items.map((item) => settleItem(item, { start: start.toString(), end: end.toString() })),
  };
}

/** Fills in the times of an invoice line. */
export function settleItem(item: InvoiceItem, month: { start: string; end: string }): SettledItem {
  return { ...item, start_time: item.start_time ?? month.start, end_time: item.end_time ?? month.end };
}

const laterOf = (a: string, b: string): string => (milliseconds(a) >= milliseconds(b) ? a : b);

/** Replaces the platform side's references to deployments and projects with ids; unresolved references are left for the check. */
export function settlePlatform(side: PlatformSide, provider: SettledProvider, times: WorldTimes): SettledPlatform {
  const projectId = (reference: string): string =>
    provider.projects.find((project) => project.id === reference || project.name === reference)?.id ?? reference;
  const deployments = side.deployments.map((item) => ({
    ...item,
    id: item.id ?? derivedUuid('deployment', item.tenant, item.slug),
    display_name: item.display_name ?? item.slug,
    created_at: item.created_at ?? times.begins_at,
    ...(item.project === undefined ? {} : { project: projectId(item.project) }),
  }));
  const deploymentId = (reference: string): string =>
    deployments.find((item) => [item.id, item.slug, `${item.tenant}/${item.slug}`].includes(reference))?.id ??
    reference;
  const named = <T extends { deployment: string }>(item: T): T => ({
    ...item,
    deployment: deploymentId(item.deployment),
  });
  const bound = deployments.flatMap((item) =>
    item.project === undefined ? [] : [{ deployment: item.id, project: item.project, from: item.created_at }],
  );
  return {
    ...side,
    ...(side.internal_project === undefined ? {} : { internal_project: projectId(side.internal_project) }),
    deployments,
    subscriptions: side.subscriptions.map((item) => {
      const deployment = deploymentId(item.deployment);
      const created = deployments.find(({ id }) => id === deployment)?.created_at ?? times.period_start;
      return { ...item, deployment, starts_at: item.starts_at ?? laterOf(times.period_start, created) };
    }),
    bindings: [
      ...bound,
      ...side.bindings.map((item) => ({
        ...item,
        deployment: deploymentId(item.deployment),
        from: item.from ?? times.begins_at,
        ...(item.project === undefined ? {} : { project: projectId(item.project) }),
      })),
    ],
    attributions: side.attributions.map(named),
    ...(side.credit_notes && { credit_notes: side.credit_notes.map(named) }),
    ...(side.alerts && { alerts: side.alerts.map(named) }),
    projects: side.projects.map((item) => ({ ...item, project: projectId(item.project) })),
    sagas: side.sagas.map((item) => {
      const { deployment, ...inputs } = item.inputs;
      if (typeof deployment !== 'string') return item;
      return { ...item, inputs: { deployment_id: deploymentId(deployment), ...inputs } };
    }),
    usage: side.usage.map((item, index) => ({
      ...item,
      id: item.id ?? derivedUuid('usage', times.period, String(index)),
      deployment: deploymentId(item.deployment),
      reported_at: item.reported_at ?? item.at,
    })),
  };
}

/** A world with every default filled in, every id given and every reference checked. */
export interface World {
  readonly name: string;
  readonly description: string;
  readonly period: string;
  readonly period_start: string;
  readonly period_end: string;
  readonly begins_at: string;
  readonly ends_at: string;
  /** Days before it are metered a week at a time. */
  readonly weekly_until?: string;
  readonly provider: SettledProvider;
  readonly platform: SettledPlatform;
}
