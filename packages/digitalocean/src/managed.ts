import { z } from 'zod';
import { count, idText, nameText, regionSlug, textList, timeText, wordText } from './fields.ts';
import { type ListingCalls, listingOf } from './listing-of.ts';
import type { Transport } from './transport.ts';

/**
 * A managed database. The provider's response contains connection strings and passwords; fields that are not named here are dropped
 * while it is parsed, so that no secret is passed on.
 */
export const database = z.object({
  id: idText,
  name: nameText,
  engine: wordText,
  version: z.string().nullish(),
  num_nodes: count,
  size: wordText,
  region: regionSlug,
  status: z.string().nullish(),
  created_at: timeText,
  tags: textList,
  project_id: z.string().nullish(),
  storage_size_mib: z.int().nullish(),
  private_network_uuid: z.string().nullish(),
});
export type Database = z.output<typeof database>;

/**
 * A read replica of a database; its answer holds connection strings and passwords too. It has no project of its own, and an older
 * one may have no id.
 */
export const databaseReplica = z.object({
  id: idText.nullish(),
  name: nameText,
  size: wordText,
  region: regionSlug,
  status: z.string().nullish(),
  created_at: timeText,
  tags: textList,
  storage_size_mib: z.int().nullish(),
});
export type DatabaseReplica = z.output<typeof databaseReplica>;

const node = z.looseObject({ id: z.string(), name: z.string().nullish(), droplet_id: idText.nullish() });

const nodes = z
  .array(node)
  .nullish()
  .transform((list) => list ?? []);

/** A cluster. Its workers are droplets and are listed as droplets too. */
export const kubernetesCluster = z.looseObject({
  id: idText,
  name: nameText,
  region: regionSlug,
  version: z.string().nullish(),
  ha: z.boolean().nullish(),
  created_at: timeText,
  tags: textList,
  status: z.looseObject({ state: z.string() }).nullish(),
  node_pools: z
    .array(z.looseObject({ id: idText, name: nameText, size: wordText, count, nodes }))
    .nullish()
    .transform((list) => list ?? []),
});
export type KubernetesCluster = z.output<typeof kubernetesCluster>;

const component = z.object({
  name: z.string().optional(),
  /** Null or absent for a component whose number of instances the provider adapts to its load. */
  instance_count: z.int().nullish(),
  instance_size_slug: z.string().nullish(),
});
const components = z.array(component).nullish();

/** An app. Its spec may hold environment values in plain text, so only the fields that give its size are parsed. */
export const app = z.object({
  id: idText,
  spec: z.object({
    name: nameText,
    services: components,
    workers: components,
    jobs: components,
    static_sites: components,
    databases: z.array(z.object({ production: z.boolean().nullish() })).nullish(),
    egress: z.object({ type: z.string().nullish() }).nullish(),
  }),
  region: z.looseObject({ slug: z.string() }).nullish(),
  tier_slug: z.string().nullish(),
  live_url: z.string().nullish(),
  created_at: timeText,
  updated_at: z.string().nullish(),
  project_id: z.string().nullish(),
});
export type App = z.output<typeof app>;

const appInstances = z.looseObject({
  instances: z.array(z.object({ component_name: z.string() })).nullish(),
});

/** Calls for databases, Kubernetes clusters and apps. */
export function managedCalls(transport: Transport) {
  return {
    databases: listingOf(transport, {
      path: '/v2/databases',
      key: 'databases',
      item: database,
      identify: (item) => item.id,
      isUnpaged: true,
    }),
    replicasOf: (id: string): ListingCalls<DatabaseReplica> =>
      listingOf(transport, {
        path: `/v2/databases/${encodeURIComponent(id)}/replicas`,
        key: 'replicas',
        item: databaseReplica,
        identify: (item) => item.id ?? item.name,
        isUnpaged: true,
      }),
    /** The running instances of an app, by the name of their component. */
    appInstances: async (id: string, signal?: AbortSignal): Promise<string[]> => {
      const path = `/v2/apps/${encodeURIComponent(id)}/instances`;
      const { instances } = await transport.json({ path, signal }, appInstances);
      return (instances ?? []).map(({ component_name }) => component_name);
    },
    kubernetesClusters: listingOf(transport, {
      path: '/v2/kubernetes/clusters',
      key: 'kubernetes_clusters',
      item: kubernetesCluster,
      identify: (item) => item.id,
    }),
    apps: listingOf(transport, {
      path: '/v2/apps',
      key: 'apps',
      item: app,
      identify: (item) => item.id,
      query: { with_projects: true },
    }),
  };
}
