import { z } from 'zod';
import { count, idText, nameText, regionSlug, textList, timeText, wordText } from './fields.ts';
import { listingOf } from './listing-of.ts';
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
  instance_count: z.int().optional(),
  instance_size_slug: z.string().optional(),
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
  }),
  region: z.looseObject({ slug: z.string() }).nullish(),
  tier_slug: z.string().nullish(),
  live_url: z.string().nullish(),
  created_at: timeText,
  updated_at: z.string().nullish(),
  project_id: z.string().nullish(),
});
export type App = z.output<typeof app>;

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
