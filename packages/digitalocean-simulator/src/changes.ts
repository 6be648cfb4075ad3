import type { World } from './world.ts';
import { milliseconds } from './world-fields.ts';

/** An instant at which something at the provider changes. */
export interface WorldChange {
  readonly at: Temporal.Instant;
  /** Kinds with a changed listing, in the platform's terms (`dns_zone`, not `domain`). */
  readonly kinds: readonly string[];
  /** An object disappears, which three sweeps must miss before it is deleted. */
  readonly destruction: boolean;
}

interface Life {
  created_at: string;
  destroyed_at?: string | undefined;
  changes?: readonly { at: string; project?: string | undefined }[] | undefined;
}

/**
 * Every instant within (begins_at, ends_at] at which the provider's side of the world changes, in order.
 * A player stops at each of them and lets the services sync.
 */
export function changesOf(world: World): WorldChange[] {
  const moments = new Map<number, { kinds: Set<string>; destruction: boolean }>();
  const begins = milliseconds(world.begins_at);
  const ends = milliseconds(world.ends_at);
  const note = (text: string, kinds: readonly string[], destruction = false): void => {
    const at = milliseconds(text);
    if (at <= begins || at > ends) return;
    const moment = moments.get(at) ?? { kinds: new Set(), destruction: false };
    for (const kind of kinds) moment.kinds.add(kind);
    moment.destruction ||= destruction;
    moments.set(at, moment);
  };
  const { provider } = world;
  const follow = (kind: string, items: readonly Life[], isProjectMember: boolean): void => {
    for (const item of items) {
      const kinds = isProjectMember ? [kind, 'project'] : [kind];
      note(item.created_at, kinds);
      if (item.destroyed_at !== undefined) note(item.destroyed_at, kinds, true);
      for (const change of item.changes ?? [])
        note(change.at, change.project === undefined ? [kind] : [kind, 'project']);
    }
  };
  follow('project', provider.projects, false);
  for (const { urn: _, from, until } of provider.projects.flatMap((project) => project.resources)) {
    if (from !== undefined) note(from, ['project']);
    if (until !== undefined) note(until, ['project'], true);
  }
  follow('droplet', provider.droplets, true);
  // A backup shows the size of its droplet.
  for (const { changes } of provider.droplets)
    for (const { at, resize } of changes) if (resize !== undefined) note(at, ['droplet_backup']);
  follow('volume', provider.volumes, true);
  follow('snapshot', provider.snapshots, false);
  follow('droplet_backup', provider.backups, false);
  follow('dns_zone', provider.domains, true);
  follow('spaces_bucket', provider.buckets, true);
  follow('floating_ip', provider.reserved_ips, true);
  follow('firewall', provider.firewalls, false);
  follow('load_balancer', provider.load_balancers, true);
  follow('nat_gateway', provider.nat_gateways, true);
  follow('managed_db', provider.databases, true);
  follow('k8s_cluster', provider.kubernetes_clusters, true);
  for (const cluster of provider.kubernetes_clusters) follow('droplet', [cluster], false);
  follow('app', provider.apps, true);
  follow('nfs_share', provider.nfs_shares, true);
  follow('custom_image', provider.custom_images, false);
  follow('partner_attachment', provider.partner_attachments, true);
  follow('byoip_prefix', provider.byoip_prefixes, true);
  follow('container_registry', provider.registries, false);
  follow('cdn_endpoint', provider.cdn_endpoints, false);
  for (const invoice of provider.invoices) note(invoice.issued_at, ['invoice']);
  return [...moments]
    .sort(([a], [b]) => a - b)
    .map(([at, moment]) => ({
      at: Temporal.Instant.fromEpochMilliseconds(at),
      kinds: [...moment.kinds].sort(),
      destruction: moment.destruction,
    }));
}
