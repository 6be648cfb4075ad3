import type { ListedKind, MemberKind } from '@arcadia/contracts';
import type { DigitalOcean, ListingCalls } from '@arcadia/digitalocean';
import type { SpacesConfig } from '../config.ts';
import type { Listed } from '../domain/resources/resource.ts';
import { backupListing } from './backup-listing.ts';
import { withBackupPlans } from './backup-plans.ts';
import {
  describeDomain,
  describeDroplet,
  describeFirewall,
  describeLoadBalancer,
  describeReservedIp,
  describeReservedIpv6,
  describeSnapshot,
  describeVolume,
  type SizeHistory,
} from './describe.ts';
import {
  describeByoipPrefix,
  describeCustomImage,
  describeNatGateway,
  describeNfsShare,
  describePartnerAttachment,
  describeRegistry,
  furtherListings,
} from './describe-further.ts';
import { describeCluster } from './describe-managed.ts';
import { both, type Listing } from './listing.ts';
import { appListing, databaseListing } from './managed-listings.ts';
import { described, notOfferedUnless } from './read-listing.ts';
import { describeBuckets } from './spaces.ts';

/** What the inventory knows already, for the listings that start from it. */
export type Known = {
  /** The droplets that may have backups: their sizes by provider id. */
  backedUpDroplets: () => Promise<ReadonlyMap<string, SizeHistory>>;
  /** The plans of the backups of droplets, by provider id. */
  backupPlans: () => Promise<ReadonlyMap<string, string>>;
  /** The instances of each component of apps as they were last counted, by provider id. */
  instanceCounts: () => Promise<ReadonlyMap<string, ReadonlyMap<string, number>>>;
  /** Whether a reserved IPv6 address is present. */
  hasIpv6: () => Promise<boolean>;
};

export const nothingKnown: Known = {
  backedUpDroplets: async () => new Map(),
  backupPlans: async () => new Map(),
  instanceCounts: async () => new Map(),
  hasIpv6: async () => false,
};

type Source = Known & { api: DigitalOcean };

/** The listing of a kind, from its calls and the function that describes an item. */
const listed = <T>(
  calls: ListingCalls<T>,
  describe: (item: T) => Listed | null,
  query: Readonly<Record<string, string>> = {},
): Listing => described((signal, known) => calls.pages({ signal, query, isReadAhead: true, known }), describe);

/** Droplets without the plans of their backups. */
export const dropletListing = (api: DigitalOcean): Listing =>
  both(
    listed(api.droplets, describeDroplet),
    // The plain listing leaves out droplets with GPUs.
    listed(api.droplets, describeDroplet, { type: 'gpus' }),
  );

/** How each kind with a listing of its own is listed. */
export const kindListings: Readonly<Record<ListedKind, (from: Source) => Listing>> = {
  droplet: (from) => withBackupPlans(from, dropletListing(from.api)),
  dns_zone: (from) => listed(from.api.domains, describeDomain),
  volume: (from) => listed(from.api.volumes, describeVolume),
  snapshot: (from) => listed(from.api.snapshots, describeSnapshot),
  firewall: (from) => listed(from.api.firewalls, describeFirewall),
  load_balancer: (from) => listed(from.api.loadBalancers, describeLoadBalancer),
  floating_ip: (from) =>
    both(
      listed(from.api.reservedIps, describeReservedIp),
      notOfferedUnless(from.hasIpv6, listed(from.api.reservedIpv6s, describeReservedIpv6)),
    ),
  droplet_backup: backupListing,
  nat_gateway: (from) => listed(from.api.listing(furtherListings.natGateways), describeNatGateway),
  managed_db: databaseListing,
  k8s_cluster: (from) => listed(from.api.kubernetesClusters, describeCluster),
  app: appListing,
  nfs_share: (from) => listed(from.api.listing(furtherListings.nfsShares), describeNfsShare),
  custom_image: (from) => listed(from.api.images, describeCustomImage),
  partner_attachment: (from) => listed(from.api.listing(furtherListings.partnerAttachments), describePartnerAttachment),
  byoip_prefix: (from) => listed(from.api.listing(furtherListings.byoipPrefixes), describeByoipPrefix),
  container_registry: (from) => listed(from.api.registries, describeRegistry),
};

type MemberSource = { spaces: SpacesConfig | null; signal: AbortSignal };

/** The described resources by provider id, and why the description is not complete; null: it is. */
export type MemberDescriptions = { described: Map<string, Listed>; detail: string | null };

/** How each kind that only projects list is described; null: its URNs are all that is known. */
export const memberDescriptions: Readonly<
  Record<MemberKind, (from: MemberSource) => Promise<MemberDescriptions | null>>
> = {
  spaces_bucket: async ({ spaces, signal }) =>
    spaces === null ? null : { described: await describeBuckets(spaces, signal), detail: null },
};
