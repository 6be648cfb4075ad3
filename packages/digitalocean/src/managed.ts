import { z } from 'zod';
import {
  anyCountOrZero,
  anyText,
  idText,
  nameText,
  neededCount,
  neededFlag,
  regionSlug,
  textList,
  timeText,
  wordText,
} from './fields.ts';
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
  version: anyText,
  num_nodes: neededCount,
  size: wordText,
  region: regionSlug,
  status: anyText,
  created_at: timeText,
  tags: textList,
  project_id: anyText,
  storage_size_mib: neededCount,
  private_network_uuid: anyText,
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
  status: anyText,
  created_at: timeText,
  tags: textList,
  storage_size_mib: neededCount,
});
export type DatabaseReplica = z.output<typeof databaseReplica>;

const node = z.looseObject({ id: anyText, name: anyText, droplet_id: anyText });

const nodes = z.array(node).catch([]);

const pool = z.looseObject({ id: anyText, name: nameText, size: wordText, count: anyCountOrZero, nodes });

/** A cluster. Its workers are droplets and are listed as droplets too. */
export const kubernetesCluster = z.looseObject({
  id: idText,
  name: nameText,
  region: regionSlug,
  version: anyText,
  ha: neededFlag,
  created_at: timeText,
  tags: textList,
  status: z.looseObject({ state: z.string() }).nullish().catch(null),
  /** Its workers are listed, and metered, as droplets; the pools are only shown. */
  node_pools: z.array(pool).catch([]),
});
export type KubernetesCluster = z.output<typeof kubernetesCluster>;

const component = z.object({
  name: anyText,
  /** Null or absent for a component whose number of instances the provider adapts to its load. */
  instance_count: neededCount,
  /** Its least and most instances; null or absent where the number is fixed. An answer may give `instance_count` beside it. */
  autoscaling: z.unknown().optional(),
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
    databases: z.array(z.object({ production: neededFlag })).nullish(),
    egress: z.object({ type: z.string().nullish() }).nullish(),
  }),
  region: z.looseObject({ slug: z.string() }).nullish().catch(null),
  tier_slug: anyText,
  live_url: anyText,
  created_at: timeText,
  updated_at: anyText,
  project_id: anyText,
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
