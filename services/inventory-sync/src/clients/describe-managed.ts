import { canonicalDecimal, Decimal, type Json } from '@arcadia/contracts';
import type { App, Database, DatabaseReplica, KubernetesCluster } from '@arcadia/digitalocean';
import type { Listed } from '../domain/resources/resource.ts';
import { instantText } from './describe.ts';

/** The project that the resource names itself, in the attributes. */
const ownProject = ({
  project_id: id,
}: {
  project_id?: string | null | undefined;
}): { provider_project_id?: string } =>
  id === null || id === undefined || id === '' ? {} : { provider_project_id: id };

/** A database without secrets: the client drops connection strings and passwords while it parses. */
export const describeDatabase = (database: Database): Listed => ({
  kind: 'managed_db',
  providerId: database.id,
  name: database.name || database.id,
  status: database.status ?? null,
  region: database.region,
  createdAt: instantText(database.created_at),
  attrs: {
    engine: database.engine,
    version: database.version ?? null,
    size_slug: database.size,
    // Without a number it counts as one node: a cluster has one at least.
    ...(database.num_nodes === null ? {} : { node_count: database.num_nodes }),
    storage_mib: database.storage_size_mib,
    ...extraStorage(database.engine, database.size, database.storage_size_mib),
    tags: database.tags.toSorted(),
    ...ownProject(database),
  },
});

/** A read replica. It has the owner of its primary. */
export const describeReplica = (replica: DatabaseReplica, primary: Listed): Listed => ({
  kind: 'managed_db',
  providerId: replica.id ?? `${primary.providerId}/${replica.name}`,
  name: replica.name || (replica.id ?? `${primary.providerId}/replica`),
  status: replica.status ?? null,
  region: replica.region,
  createdAt: instantText(replica.created_at),
  attrs: {
    engine: primary.attrs['engine'] ?? null,
    version: primary.attrs['version'] ?? null,
    size_slug: replica.size,
    node_count: 1,
    storage_mib: replica.storage_size_mib,
    ...extraStorage(primary.attrs['engine'], replica.size, replica.storage_size_mib),
    tags: replica.tags.toSorted(),
    source_kind: 'managed_db',
    source_id: primary.providerId,
  },
});

/**
 * GiB that the price of a size includes. The first is that of the bill in the provider's own answers (10240 MiB without an extra
 * charge), the third that of its API description (61440 MiB of a db-s-2vcpu-4gb); the others are those of its price page.
 */
const includedGib: Readonly<Record<string, number>> = {
  'db-s-1vcpu-1gb': 10,
  'db-s-1vcpu-2gb': 30,
  'db-s-2vcpu-4gb': 60,
  'db-s-4vcpu-8gb': 140,
  'db-s-6vcpu-16gb': 290,
};

/** Engines of which the provider sells no storage beyond that of the size, and gives none. Source: `doctl databases resize`. */
const withoutExtraStorage: ReadonlySet<unknown> = new Set(['redis', 'valkey']);

/**
 * Storage beyond that of the size, in GiB. Absent where the provider gives no storage, or the size is not known to include how much:
 * unknown is not zero.
 */
function extraStorage(engine: unknown, size: string, storageMib: number | null): { extra_storage_gb?: string } {
  if (withoutExtraStorage.has(engine)) return { extra_storage_gb: '0' };
  if (storageMib === null) return {};
  const included = includedGib[size];
  if (included === undefined) return {};
  const extra = new Decimal(storageMib).div(1024).minus(included);
  return { extra_storage_gb: extra.isNegative() ? '0' : canonicalDecimal(extra.toDecimalPlaces(9)) };
}

/** A cluster; its workers are droplets and are listed there. */
export const describeCluster = (cluster: KubernetesCluster): Listed => ({
  kind: 'k8s_cluster',
  providerId: cluster.id,
  name: cluster.name || cluster.id,
  status: cluster.status?.state ?? null,
  region: cluster.region,
  createdAt: instantText(cluster.created_at),
  attrs: {
    version: cluster.version ?? null,
    is_ha: cluster.ha,
    // Pools have no order at the provider; their names differ.
    node_pools: cluster.node_pools
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, size, count }): Json => ({ name, size_slug: size, node_count: count })),
    tags: cluster.tags.toSorted(),
  },
});

/** An app with the number of running instances of each component that is scaled by its load; absent: not known. */
export type CountedApp = App & { running?: ReadonlyMap<string, number> };

type Component = NonNullable<App['spec']['services']>[number];

/** Whether the provider adapts the number of instances of a component to its load. */
const isScaledByLoad = ({ instance_count: count, autoscaling }: Component): boolean =>
  count === null || (autoscaling ?? null) !== null;

/** Whether the spec leaves the number of instances of a component to the provider. */
export const isAutoscaled = ({ spec }: App): boolean =>
  [spec.services, spec.workers].some((components) => (components ?? []).some(isScaledByLoad));

/** An app. Its spec may hold secrets in environment values, so only the fields that give its size are kept. */
export const describeApp = ({ running, ...app }: CountedApp): Listed => ({
  kind: 'app',
  providerId: app.id,
  name: app.spec.name || app.id,
  status: null,
  region: app.region?.slug ?? null,
  createdAt: instantText(app.created_at),
  attrs: {
    ...ownProject(app),
    tier: app.tier_slug ?? null,
    components: (
      [
        ['service', app.spec.services],
        ['worker', app.spec.workers],
        ['job', app.spec.jobs],
      ] as const
    ).flatMap(([type, components]) =>
      (components ?? []).map(
        (component): Json => ({
          name: component.name,
          type,
          instance_count: isScaledByLoad(component)
            ? (running?.get(component.name ?? '') ?? null)
            : component.instance_count,
          size_slug: component.instance_size_slug ?? null,
        }),
      ),
    ),
    dev_databases: (app.spec.databases ?? []).filter(({ production }) => production !== true).length,
    has_dedicated_egress: app.spec.egress?.type === 'DEDICATED_IP',
  },
});
