import { canonicalDecimal, type Json } from '@arcadia/contracts';
import type {
  Backup,
  Domain,
  Droplet,
  Firewall,
  LoadBalancer,
  ReservedIp,
  ReservedIpv6,
  Snapshot,
  Volume,
} from '@arcadia/digitalocean';
import { type Listed, toMicroseconds } from '../domain/resources/resource.ts';

/** Lists are sets at the provider: their order has no meaning and must not look like a change. */
const asSet = (values: readonly (string | number)[]): readonly string[] => {
  const texts = values.every((value) => typeof value === 'string') ? values : values.map(String);
  return isAscending(texts) ? texts : inOrder(texts);
};

const isAscending = (texts: readonly string[]): boolean =>
  texts.every((text, index) => index === 0 || (texts[index - 1] ?? '') < text);

/** Each text once, in order. Most lists are short, and a sort and a set of their own take more memory than all else of a droplet. */
const inOrder = (texts: readonly string[]): readonly string[] => {
  if (texts.length > 16) return [...new Set(texts)].toSorted();
  const ordered: string[] = [];
  for (const text of texts) {
    let place = ordered.length;
    while (place > 0 && (ordered[place - 1] ?? '') > text) place -= 1;
    if (ordered[place - 1] === text) continue;
    ordered.push(text);
    ordered.copyWithin(place + 1, place, ordered.length - 1);
    ordered[place] = text;
  }
  return ordered;
};

/** The first of a set, which stays the first in whatever order the provider lists them; null if it is empty. */
const firstOf = (values: readonly (string | number)[]): string | null => asSet(values)[0] ?? null;

/** Reads a time; an unreadable time counts as absent. */
export const instant = (text: string | null | undefined): Temporal.Instant | null => {
  if (text === null || text === undefined || text === '') return null;
  try {
    return toMicroseconds(Temporal.Instant.from(text));
  } catch {
    return null;
  }
};

/** The form of nearly every time that the provider writes. It is canonical already, and its day exists in every month. */
const plainTime = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/;

/** A time as text, in the canonical form that a resource's state has. */
export const instantText = (text: string | null | undefined): string | null =>
  text !== null && text !== undefined && plainTime.test(text) ? text : (instant(text)?.toString() ?? null);

/** An IP address in canonical form. The listing and the project may write an IPv6 address in different forms. */
export const plainAddress = (ip: string): string =>
  ip.includes(':') && URL.canParse(`http://[${ip}]`) ? new URL(`http://[${ip}]`).hostname.slice(1, -1) : ip;

/** Leaves out undefined values, so that an attribute that does not apply is absent. */
const attrsOf = (values: Record<string, Json | undefined>): Record<string, Json> =>
  Object.fromEntries(Object.entries(values).filter((entry): entry is [string, Json] => entry[1] !== undefined));

/** The cluster that a tag of the provider names, as the source of the owner; undefined if none does. Tags are compared without case. */
const clusterOf = (tags: readonly string[]): Source | undefined => {
  for (const tag of tags) {
    // There are many tags, and hardly one is of this length.
    const id = tag.length === 'k8s:'.length + 36 ? /^k8s:([0-9a-f-]{36})$/i.exec(tag)?.[1] : undefined;
    if (id !== undefined) return { source_id: id.toLowerCase(), source_kind: 'k8s_cluster' };
  }
  return undefined;
};

/** The resource that gives this one its owner, in the attributes. */
type Source = { source_kind: string; source_id: string };

const fromDroplet = (id: string | null | undefined): Source | undefined =>
  id === null || id === undefined ? undefined : { source_id: id, source_kind: 'droplet' };

/** Names that a cluster gives to the volumes and load balancers that it makes; without its tag they follow one of its workers. */
const madeByCluster = { volume: /^pvc-/, loadBalancer: /^a[0-9a-f]{31,32}$/ };

/**
 * A droplet without its volatile fields: locks, backup windows, lists of backups and snapshots, prices. The plan of its backups is not in
 * its listing (`backup-plans.ts`).
 */
export const describeDroplet = (droplet: Droplet): Listed => {
  const { networks } = droplet;
  const hasBackups = droplet.backup_ids.length > 0 || droplet.features.includes('backups');
  // A worker of a Kubernetes cluster has the owner of the cluster.
  const cluster = clusterOf(droplet.tags);
  // In the order of their names, which saves sorting them: there are many droplets. Workers of a cluster have two more and are sorted.
  const attrs = {
    disk_gb: droplet.disk,
    features: asSet(droplet.features),
    has_backups: hasBackups,
    image: droplet.image?.slug ?? droplet.image?.name ?? null,
    image_id: droplet.image?.id ?? null,
    memory_mb: droplet.memory,
    private_ipv4: addressesOf(networks?.v4, 'private'),
    public_ipv4: addressesOf(networks?.v4, 'public'),
    public_ipv6: addressesOf(networks?.v6, 'public'),
    size_slug: droplet.size_slug,
    tags: asSet(droplet.tags),
    vcpus: droplet.vcpus,
    volume_ids: asSet(droplet.volume_ids),
    vpc_id: droplet.vpc_uuid ?? null,
  };
  return {
    kind: 'droplet',
    providerId: droplet.id,
    name: droplet.name || droplet.id,
    status: droplet.status,
    region: droplet.region,
    createdAt: instantText(droplet.created_at),
    // Few have more attributes than these, and a copy costs as much as the attributes do.
    attrs:
      hasBackups || cluster !== undefined
        ? { ...(hasBackups ? { backup_plan: null } : {}), ...attrs, ...cluster }
        : attrs,
  };
};

const addressesOf = (
  networks: readonly { ip_address: string; type: string }[] | null | undefined,
  type: string,
): readonly string[] => {
  // Mostly there is one, and an array that grows begins with room for many.
  let found: string[] = [];
  for (const network of networks ?? []) if (network.type === type) found = [...found, network.ip_address];
  return asSet(found);
};

export const describeDomain = (domain: Domain): Listed => ({
  kind: 'dns_zone',
  providerId: domain.name.toLowerCase(),
  name: domain.name.toLowerCase(),
  status: null,
  region: null,
  createdAt: null,
  attrs: { ttl: domain.ttl ?? null },
});

export const describeVolume = (volume: Volume): Listed => ({
  kind: 'volume',
  providerId: volume.id,
  name: volume.name || volume.id,
  status: null,
  region: volume.region,
  createdAt: instantText(volume.created_at),
  attrs: attrsOf({
    size_gb: canonicalDecimal(String(volume.size_gigabytes)),
    assigned_to: firstOf(volume.droplet_ids),
    filesystem_type:
      typeof volume.filesystem_type === 'string' && volume.filesystem_type !== '' ? volume.filesystem_type : undefined,
    tags: asSet(volume.tags),
    ...(clusterOf(volume.tags) ??
      (madeByCluster.volume.test(volume.name) ? fromDroplet(firstOf(volume.droplet_ids)) : undefined)),
  }),
});

/** The source of a snapshot. Without its type: ids of snapshots of droplets are numbers, those of volumes are not. */
function sourceOf({ id, resource_type: given, resource_id: source }: Snapshot): Record<string, Json> {
  const type = given || (/^\d+$/.test(id) ? 'droplet' : 'volume');
  return { resource_type: type, source_kind: type, ...(source ? { source_id: source } : {}) };
}

export const describeSnapshot = (snapshot: Snapshot): Listed => ({
  kind: 'snapshot',
  providerId: snapshot.id,
  name: snapshot.name || snapshot.id,
  status: null,
  region: snapshot.regions.toSorted()[0] ?? null,
  createdAt: instantText(snapshot.created_at),
  attrs: {
    size_gb: canonicalDecimal(snapshot.size_gigabytes),
    ...sourceOf(snapshot),
    regions: asSet(snapshot.regions),
    min_disk_gb: snapshot.min_disk_size ?? null,
    tags: asSet(snapshot.tags),
  },
});

/** The sizes that a droplet has had, each from an instant on, in order of time; empty: its size is not known. */
export type SizeHistory = readonly { at: Temporal.Instant; size: string }[];

export const describeBackup = (
  backup: Backup,
  { dropletId, plan, sizes }: { dropletId: string; plan: string | null; sizes: SizeHistory },
): Listed => ({
  kind: 'droplet_backup',
  providerId: backup.id,
  name: backup.name || backup.id,
  status: null,
  region: backup.regions.toSorted()[0] ?? null,
  createdAt: instantText(backup.created_at),
  attrs: attrsOf({
    size_gb: canonicalDecimal(backup.size_gigabytes),
    source_kind: 'droplet',
    source_id: dropletId,
    regions: asSet(backup.regions),
    min_disk_gb: backup.min_disk_size ?? null,
    backup_plan: plan ?? undefined,
    droplet_size: sizes.at(-1)?.size,
  }),
  former: sizes.map(({ at, size }) => ({ at, attrs: { droplet_size: size } })),
});

export const describeReservedIp = (address: ReservedIp): Listed => ({
  kind: 'floating_ip',
  providerId: address.ip,
  name: address.ip,
  status: address.droplet === null ? 'unassigned' : 'assigned',
  region: address.region,
  createdAt: null,
  attrs: attrsOf({
    assigned_to: address.droplet,
    version: 4,
    provider_project_id: address.project_id ?? undefined,
    ...fromDroplet(address.droplet),
  }),
});

export const describeReservedIpv6 = (address: ReservedIpv6): Listed => ({
  kind: 'floating_ip',
  providerId: plainAddress(address.ip),
  name: plainAddress(address.ip),
  status: address.droplet === null ? 'unassigned' : 'assigned',
  region: address.region_slug ?? null,
  createdAt: instantText(address.reserved_at),
  attrs: { assigned_to: address.droplet, version: 6, ...fromDroplet(address.droplet) },
});

export const describeFirewall = (firewall: Firewall): Listed => ({
  kind: 'firewall',
  providerId: firewall.id,
  name: firewall.name || firewall.id,
  status: firewall.status ?? null,
  region: null,
  createdAt: instantText(firewall.created_at),
  attrs: {
    droplet_ids: asSet(firewall.droplet_ids),
    tags: asSet(firewall.tags),
    inbound_rules: (firewall.inbound_rules ?? null) as Json,
    outbound_rules: (firewall.outbound_rules ?? null) as Json,
  },
});

/** The number of billed nodes of the old sizes. */
const legacyNodes: Readonly<Record<string, number>> = { 'lb-small': 1, 'lb-medium': 3, 'lb-large': 6 };

export const describeLoadBalancer = (balancer: LoadBalancer): Listed => ({
  kind: 'load_balancer',
  providerId: balancer.id,
  name: balancer.name || balancer.id,
  status: balancer.status ?? null,
  region: balancer.region,
  createdAt: instantText(balancer.created_at),
  attrs: attrsOf({
    node_count: balancer.size_unit ?? legacyNodes[balancer.size ?? ''] ?? 1,
    size_slug: balancer.size ?? undefined,
    type: balancer.type ?? undefined,
    network: balancer.network ?? undefined,
    ip: balancer.ip ?? null,
    droplet_ids: asSet(balancer.droplet_ids),
    provider_project_id: balancer.project_id ?? undefined,
    tags: balancer.tags.length === 0 ? undefined : asSet(balancer.tags),
    ...(clusterOf([...balancer.tags, balancer.tag ?? '']) ??
      (madeByCluster.loadBalancer.test(balancer.name) ? fromDroplet(firstOf(balancer.droplet_ids)) : undefined)),
  }),
});
