import type { Json } from '@arcadia/contracts';
import type { App, Database, KubernetesCluster } from '@arcadia/digitalocean';
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
    node_count: database.num_nodes,
    storage_mib: database.storage_size_mib ?? null,
    tags: database.tags.toSorted(),
    ...ownProject(database),
  },
});

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
    is_ha: cluster.ha ?? false,
    node_pools: cluster.node_pools.map(({ name, size, count }): Json => ({ name, size_slug: size, node_count: count })),
    tags: cluster.tags.toSorted(),
  },
});

/** An app. Its spec may hold secrets in environment values, so only the fields that give its size are kept. */
export const describeApp = (app: App): Listed => ({
  kind: 'app',
  providerId: app.id,
  name: app.spec.name || app.id,
  status: null,
  region: app.region?.slug ?? null,
  createdAt: instantText(app.created_at),
  attrs: {
    ...ownProject(app),
    tier: app.tier_slug ?? null,
    components: [app.spec.services, app.spec.workers, app.spec.jobs]
      .flatMap((components) => components ?? [])
      .map(
        ({ name, instance_count, instance_size_slug }): Json => ({
          name: name ?? null,
          instance_count: instance_count ?? null,
          size_slug: instance_size_slug ?? null,
        }),
      ),
  },
});
