import type { ListedKind, MemberKind } from '@arcadia/contracts';
import type { DigitalOcean, ListingCalls } from '@arcadia/digitalocean';
import type { Clock } from '@arcadia/platform';
import { z } from 'zod';
import type { SpacesConfig } from '../config.ts';
import type { Listed } from '../domain/resources/resource.ts';
import { backupListing } from './backup-listing.ts';
import {
  describeDomain,
  describeDroplet,
  describeFirewall,
  describeLoadBalancer,
  describeReservedIp,
  describeReservedIpv6,
  describeSnapshot,
  describeVolume,
  instantText,
} from './describe.ts';
import { describeApp, describeCluster, describeDatabase } from './describe-managed.ts';
import { both, type Listing } from './listing.ts';
import { described, emptyIfNotFound, explain } from './read-listing.ts';
import { describeBuckets } from './spaces.ts';

/** What the inventory knows already, for the listings that start from it. */
export type Known = {
  /** Provider ids of the droplets that may have backups. */
  backedUpDroplets: () => Promise<readonly string[]>;
};

export const nothingKnown: Known = { backedUpDroplets: async () => [] };

type Source = Known & { api: DigitalOcean; clock: Clock };

/** The listing of a kind, from its calls and the function that describes an item. */
const listed = <T>(
  { clock }: Source,
  calls: ListingCalls<T>,
  describe: (item: T) => Listed,
  query: Readonly<Record<string, string>> = {},
): Listing => described({ clock }, (signal) => calls.pages({ signal, query }), describe);

const natGateways = {
  path: '/v2/vpc_nat_gateways',
  key: 'vpc_nat_gateways',
  item: z.looseObject({
    id: z.string().min(1).max(400),
    name: z.string().nullish(),
    state: z.string().nullish(),
    region: z.string().nullish(),
    size: z.int().nullish(),
    created_at: z.string().nullish(),
    project_id: z.string().nullish(),
  }),
  identify: ({ id }: { id: string }) => id,
};

const describeNatGateway = (gateway: z.output<typeof natGateways.item>): Listed => ({
  kind: 'nat_gateway',
  providerId: gateway.id,
  name: gateway.name || gateway.id,
  status: gateway.state?.toLowerCase() ?? null,
  region: gateway.region ?? null,
  createdAt: instantText(gateway.created_at),
  attrs: {
    node_count: gateway.size ?? 1,
    ...(gateway.project_id ? { provider_project_id: gateway.project_id } : {}),
  },
});

/** How each kind with a listing of its own is listed. */
export const kindListings: Readonly<Record<ListedKind, (from: Source) => Listing>> = {
  droplet: (from) =>
    both(
      listed(from, from.api.droplets, describeDroplet),
      // The plain listing leaves out droplets with GPUs.
      listed(from, from.api.droplets, describeDroplet, { type: 'gpus' }),
    ),
  dns_zone: (from) => listed(from, from.api.domains, describeDomain),
  volume: (from) => listed(from, from.api.volumes, describeVolume),
  snapshot: (from) => listed(from, from.api.snapshots, describeSnapshot),
  firewall: (from) => listed(from, from.api.firewalls, describeFirewall),
  load_balancer: (from) => listed(from, from.api.loadBalancers, describeLoadBalancer),
  floating_ip: (from) =>
    both(
      listed(from, from.api.reservedIps, describeReservedIp),
      emptyIfNotFound(listed(from, from.api.reservedIpv6s, describeReservedIpv6)),
    ),
  droplet_backup: backupListing,
  nat_gateway: (from) => listed(from, from.api.listing(natGateways), describeNatGateway),
};

type MemberSource = { api: DigitalOcean; spaces: SpacesConfig | null; signal: AbortSignal };

/** The described resources by provider id, and why the description is not complete; null: it is. */
export type MemberDescriptions = { described: Map<string, Listed>; detail: string | null };

const describedBy = async <T>(
  { signal }: MemberSource,
  calls: ListingCalls<T>,
  describe: (item: T) => Listed,
): Promise<MemberDescriptions> => {
  const { items, ...outcome } = await calls.list({ signal });
  const described = new Map(items.map(describe).map((item) => [item.providerId, item]));
  return { described, detail: outcome.complete ? null : explain(outcome.reason, outcome) };
};

/** How each kind that only projects list is described; null: its URNs are all that is known. */
export const memberDescriptions: Readonly<
  Record<MemberKind, (from: MemberSource) => Promise<MemberDescriptions | null>>
> = {
  spaces_bucket: async ({ spaces, signal }) =>
    spaces === null ? null : { described: await describeBuckets(spaces, signal), detail: null },
  managed_db: (from) => describedBy(from, from.api.databases, describeDatabase),
  k8s_cluster: (from) => describedBy(from, from.api.kubernetesClusters, describeCluster),
  app: (from) => describedBy(from, from.api.apps, describeApp),
};
