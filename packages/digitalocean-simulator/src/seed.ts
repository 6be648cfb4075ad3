import { sizeCatalogue } from './catalogue.ts';
import { managedObjects } from './seed-managed.ts';
import { type Changes, given, object, type References } from './seed-object.ts';
import type { ProviderObject, States } from './store.ts';
import type { World } from './world.ts';
import { derivedInteger, derivedUuid } from './world-fields.ts';

/** Turns a world's provider side into the simulator's objects, with references as ids. */
export function seedObjects(world: World): ProviderObject[] {
  const { provider } = world;
  const defaultProject = provider.projects.find((project) => project.is_default)?.id ?? '';
  const projects = new Map(
    provider.projects.flatMap((item) => [[item.name, item.id] as const, [item.id, item.id] as const]),
  );
  const project = (reference: string | undefined): string =>
    projects.get(reference ?? defaultProject) ?? defaultProject;
  const movedTo = (reference: string | undefined): string | undefined =>
    reference === undefined ? undefined : project(reference);
  const droplets = new Map(
    provider.droplets.flatMap((item) => [
      [item.name, String(item.id)] as const,
      [String(item.id), String(item.id)] as const,
    ]),
  );
  const droplet = (reference: string): string => droplets.get(reference) ?? reference;
  const attached = (reference: string | null | undefined): string | null | undefined =>
    reference === null || reference === undefined ? reference : droplet(reference);
  const volume = (reference: string): string =>
    provider.volumes.find((item) => item.id === reference || item.name === reference)?.id ?? reference;
  const references: References = { project, movedTo, droplet, attached, volume };
  return [
    ...computeObjects(world, references),
    ...storageObjects(world, references),
    ...otherObjects(world, references),
    ...managedObjects(world, references),
  ];
}

function computeObjects({ provider }: World, at: References): ProviderObject[] {
  const sizes = new Map(sizeCatalogue(provider.sizes).map((size) => [size.slug, size]));
  const diskOf = (slug: string): number => sizes.get(slug)?.disk ?? 25;
  const droplets = provider.droplets.map((item) =>
    object(
      'droplet',
      item.id,
      item,
      {
        name: item.name,
        size: item.size,
        disk: diskOf(item.size),
        image: item.image,
        region: item.region,
        tags: item.tags,
        project: at.project(item.project),
        status: item.power === 'on' ? 'active' : 'off',
        backups: item.backups === false ? null : item.backups,
        features: ['private_networking'],
        usedGigabytes: item.used_gigabytes,
        ignoresShutdown: item.ignores_shutdown,
      },
      item.changes.map((change) => ({
        at: change.at,
        set: given({
          name: change.rename,
          size: change.resize,
          disk: change.resize === undefined ? undefined : diskOf(change.resize),
          status:
            change.power === undefined ? undefined : change.power === 'on' ? ('active' as const) : ('off' as const),
          tags: change.tags,
          project: at.movedTo(change.project),
          backups: change.backups === false ? null : change.backups,
        }),
      })),
    ),
  );
  return [...droplets, ...provider.kubernetes_clusters.flatMap((cluster) => clusterObjects(cluster, at, diskOf))];
}

/** A cluster and its workers: ordinary droplets that carry the cluster's tags and that no project lists. */
function clusterObjects(
  cluster: World['provider']['kubernetes_clusters'][number],
  at: References,
  diskOf: (slug: string) => number,
): ProviderObject[] {
  const workers: ProviderObject[] = [];
  const pools = cluster.node_pools.map((pool) => ({
    id: derivedUuid('pool', cluster.id, pool.name),
    name: pool.name,
    size: pool.size,
    nodes: Array.from({ length: pool.count }, (_, index) => {
      const name = `${pool.name}-${derivedUuid('node', cluster.id, pool.name, String(index)).slice(0, 5)}`;
      const id = String(derivedInteger(600_000_000, ['worker', cluster.id, pool.name, String(index)]));
      workers.push(
        object('droplet', id, cluster, {
          name,
          size: pool.size,
          disk: diskOf(pool.size),
          image: 'ubuntu-24-04-x64',
          region: cluster.region,
          tags: ['k8s', `k8s:${cluster.id}`, 'k8s:worker'],
          project: null,
          status: 'active',
          backups: null,
          features: ['private_networking'],
          usedGigabytes: '4',
          ignoresShutdown: false,
        }),
      );
      return { id: derivedUuid('node', cluster.id, id), name, droplet: id };
    }),
  }));
  const state = {
    name: cluster.name,
    region: cluster.region,
    version: cluster.version,
    ha: cluster.ha,
    tags: ['k8s', `k8s:${cluster.id}`, ...cluster.tags],
    project: at.project(cluster.project),
    pools,
  };
  const changes = (cluster.changes ?? []).map(({ at: from, ha }) => ({ at: from, set: { ha } }));
  return [object('kubernetes_cluster', cluster.id, cluster, state, changes), ...workers];
}

function storageObjects({ provider }: World, at: References): ProviderObject[] {
  return [
    ...provider.volumes.map((item) =>
      object(
        'volume',
        item.id,
        item,
        {
          name: item.name,
          region: item.region,
          size: item.size_gigabytes,
          description: item.description,
          tags: item.tags,
          project: at.project(item.project),
          droplet: at.attached(item.droplet) ?? null,
        },
        item.changes.map((change) => ({
          at: change.at,
          set: given({
            size: change.resize,
            droplet: at.attached(change.droplet),
            tags: change.tags,
            project: at.movedTo(change.project),
          }),
        })),
      ),
    ),
    ...provider.snapshots.map((item) =>
      object(
        'snapshot',
        item.id,
        item,
        {
          name: item.name,
          source: item.volume === undefined ? 'droplet' : 'volume',
          sourceId: item.volume === undefined ? at.droplet(item.droplet ?? '') : at.volume(item.volume),
          size: item.size_gigabytes,
          minDiskSize: item.min_disk_size,
          regions: item.regions,
          tags: item.tags,
        },
        item.changes.map((change) => ({ at: change.at, set: { tags: change.tags } })),
      ),
    ),
    ...provider.backups.map((item) => {
      const source = provider.droplets.find((one) => String(one.id) === at.droplet(item.droplet));
      const name = item.name ?? `${source?.name ?? item.droplet} ${item.created_at.slice(0, 10)}`;
      const region = source?.region ?? 'syd1';
      return object('backup', item.id, item, {
        name,
        droplet: at.droplet(item.droplet),
        size: item.size_gigabytes,
        minDiskSize: item.min_disk_size,
        region,
      });
    }),
    ...provider.buckets.map((item) =>
      object(
        'bucket',
        item.name,
        item,
        { region: item.region, size: item.size_gigabytes, objects: item.objects, project: at.project(item.project) },
        item.changes.map((change) => ({
          at: change.at,
          set: given({ size: change.size_gigabytes, project: at.movedTo(change.project) }),
        })),
      ),
    ),
  ];
}

function otherObjects({ provider }: World, at: References): ProviderObject[] {
  const moves = <K extends 'domain'>(changes: readonly { at: string; project: string }[]): Changes<K> =>
    changes.map((change) => ({ at: change.at, set: { project: at.project(change.project) } as Partial<States[K]> }));
  return [
    ...provider.projects.flatMap((item) => [
      object('project', item.id, item, {
        name: item.name,
        description: item.description,
        purpose: item.purpose,
        environment: item.environment,
        isDefault: item.is_default,
      }),
      ...item.resources.map(({ urn, from, until }) =>
        object('urn_only', urn, { created_at: from ?? item.created_at, destroyed_at: until }, { project: item.id }),
      ),
    ]),
    ...provider.domains.map((item) =>
      object(
        'domain',
        item.name,
        item,
        { ttl: item.ttl, project: at.project(item.project), records: item.records },
        moves(item.changes),
      ),
    ),
    ...provider.reserved_ips.map((item) =>
      object(
        'reserved_ip',
        item.ip,
        item,
        { region: item.region, droplet: at.attached(item.droplet) ?? null, project: at.project(item.project) },
        item.changes.map((change) => ({
          at: change.at,
          set: given({ droplet: at.attached(change.droplet), project: at.movedTo(change.project) }),
        })),
      ),
    ),
    ...provider.firewalls.map((item) =>
      object('firewall', item.id, item, { name: item.name, tags: item.tags, droplets: item.droplets.map(at.droplet) }),
    ),
    ...provider.load_balancers.map((item) =>
      object(
        'load_balancer',
        item.id,
        item,
        {
          name: item.name,
          region: item.region,
          ip: item.ip ?? '198.51.100.20',
          nodes: item.nodes,
          type: item.type,
          droplets: item.droplets.map(at.droplet),
          project: at.project(item.project),
        },
        item.changes.map((change) => ({
          at: change.at,
          set: given({ nodes: change.nodes, project: at.movedTo(change.project) }),
        })),
      ),
    ),
  ];
}
