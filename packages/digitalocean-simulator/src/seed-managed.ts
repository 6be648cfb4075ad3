import { type Changes, given, object, type References } from './seed-object.ts';
import type { Kind, ProviderObject, States } from './store.ts';
import type { World } from './world.ts';
import { derivedUuid } from './world-fields.ts';

/** The changes of an object: the given names of its state for the fields of the world that a change holds. */
const changesOf = <K extends Kind>(
  changes: readonly { at: string }[] | undefined,
  names: Readonly<Record<string, keyof States[K]>>,
): Changes<K> =>
  (changes ?? []).map(({ at, ...fields }) => {
    const renamed = Object.entries(given(fields)).map(([field, value]) => [names[field] ?? field, value]);
    return { at, set: Object.fromEntries(renamed) as Partial<States[K]> };
  });

/** The objects that the provider manages: gateways, databases, apps, registries and endpoints. */
export function managedObjects({ provider }: World, at: References): ProviderObject[] {
  return [
    ...provider.nat_gateways.map((item) =>
      object(
        'nat_gateway',
        item.id,
        item,
        {
          name: item.name,
          region: item.region,
          size: item.size,
          project: at.project(item.project),
        },
        changesOf(item.changes, {}),
      ),
    ),
    ...provider.databases.map((item) =>
      object(
        'database',
        item.id,
        item,
        {
          name: item.name,
          engine: item.engine,
          version: item.version,
          nodes: item.num_nodes,
          size: item.size,
          region: item.region,
          storageMib: item.storage_size_mib,
          replicas: item.replicas.map((replica) => ({
            id: replica.id ?? derivedUuid('replica', item.id, replica.name),
            name: replica.name,
            size: replica.size,
            region: replica.region,
            storageMib: replica.storage_size_mib,
          })),
          tags: item.tags,
          project: at.project(item.project),
        },
        changesOf(item.changes, { num_nodes: 'nodes', storage_size_mib: 'storageMib' }),
      ),
    ),
    ...provider.apps.map((item) =>
      object(
        'app',
        item.id,
        item,
        {
          name: item.name,
          region: item.region,
          instanceSize: item.instance_size,
          instances: item.instances,
          runningInstances: item.running_instances,
          devDatabases: item.dev_databases,
          hasDedicatedEgress: item.dedicated_egress,
          project: at.project(item.project),
        },
        changesOf(item.changes, {
          instance_size: 'instanceSize',
          running_instances: 'runningInstances',
          dev_databases: 'devDatabases',
          dedicated_egress: 'hasDedicatedEgress',
        }),
      ),
    ),
    ...provider.nfs_shares.map((item) =>
      object(
        'nfs_share',
        item.id,
        item,
        {
          name: item.name,
          region: item.region,
          size: item.size_gib,
          tier: item.performance_tier,
          project: at.project(item.project),
        },
        changesOf(item.changes, { size_gib: 'size' }),
      ),
    ),
    ...provider.custom_images.map((item) =>
      object('custom_image', String(item.id), item, {
        name: item.name,
        regions: item.regions,
        size: item.size_gigabytes,
        tags: item.tags,
      }),
    ),
    ...provider.partner_attachments.map((item) =>
      object(
        'partner_attachment',
        item.id,
        item,
        {
          name: item.name,
          region: item.region,
          bandwidthMbps: item.bandwidth_mbps,
          partner: item.partner,
          project: at.project(item.project),
        },
        changesOf(item.changes, { bandwidth_mbps: 'bandwidthMbps' }),
      ),
    ),
    ...provider.byoip_prefixes.map((item) =>
      object('byoip_prefix', item.id, item, {
        name: item.name,
        region: item.region,
        prefix: item.prefix,
        project: at.project(item.project),
      }),
    ),
    ...provider.registries.map((item) =>
      object('registry', item.name, item, {
        region: item.region,
        storageBytes: item.storage_usage_bytes,
        tier: item.tier,
      }),
    ),
    ...provider.cdn_endpoints.map((item) =>
      object('cdn_endpoint', item.id, item, { origin: item.origin, ttl: item.ttl }),
    ),
  ];
}
