import { defineKinds } from './kind-entry.ts';
import { byAttribute, containers, countOf, gigabytesOf, nodes, oneIf } from './quantities.ts';

/** What the provider manages: databases, clusters and apps. */
export const managedKinds = defineKinds({
  /**
   * `engine`, `version`, `size_slug`, `node_count`, `storage_mib`, `extra_storage_gb` (storage beyond that of its size; absent where
   * the size is not known to include how much), `tags`; a read replica has `source_kind` managed_db and the `source_id` of its primary.
   */
  managed_db: {
    urnTypes: ['dbaas'],
    job: 'sync-databases',
    scope: 'database:read',
    isAssignable: true,
    ownerFrom: ['managed_db'],
    sizeAttribute: 'node_count',
    billed: 'by-resource',
    usages: [
      {
        kind: 'database_node_hours',
        unit: 'hour',
        per: 'hour',
        dimension: 'size',
        measure: byAttribute('size_slug', nodes),
        quote: { field: 'database_nodes', of: 'count', description: 'Number of database nodes.', example: 1 },
      },
      {
        kind: 'database_storage_gb_month',
        unit: 'GB-month',
        per: 'month',
        measure: gigabytesOf('extra_storage_gb'),
        quote: {
          field: 'database_storage_gb',
          of: 'gigabytes',
          description: 'Database storage beyond that of the size in GB, all month.',
          example: '20',
        },
      },
    ],
    bill: { precedence: 'service', products: [/\bdatabases?\b/] },
  },
  /** `version`, `is_ha`, `node_pools`, `tags`. Its workers are droplets, and metered as such. */
  k8s_cluster: {
    urnTypes: ['kubernetes'],
    job: 'sync-kubernetes',
    scope: 'kubernetes:read',
    isAssignable: true,
    ownerFrom: [],
    billed: 'by-resource',
    usages: [
      {
        kind: 'kubernetes_ha_hours',
        unit: 'hour',
        per: 'hour',
        measure: oneIf('is_ha'),
        quote: {
          field: 'kubernetes_ha_clusters',
          of: 'count',
          description: 'Number of clusters with a highly available control plane.',
          example: 1,
        },
      },
    ],
    bill: { precedence: 'service', products: [/\bkubernetes\b/] },
  },
  /**
   * `tier`, `components` (each with `name`, `type` service, worker or job, `size_slug`, and `instance_count`, null while unknown),
   * `dev_databases`, `has_dedicated_egress`.
   */
  app: {
    urnTypes: ['app'],
    job: 'sync-apps',
    scope: 'app:read',
    isAssignable: true,
    ownerFrom: [],
    billed: 'by-resource',
    usages: [
      {
        kind: 'app_container_hours',
        unit: 'hour',
        per: 'hour',
        dimension: 'instance size',
        measure: containers,
        quote: { field: 'app_containers', of: 'count', description: 'Number of app containers.', example: 2 },
      },
      {
        kind: 'app_database_hours',
        unit: 'hour',
        per: 'hour',
        measure: countOf('dev_databases'),
        quote: {
          field: 'app_databases',
          of: 'count',
          description: 'Number of development databases of apps.',
          example: 1,
        },
      },
      {
        kind: 'app_egress_ip_hours',
        unit: 'hour',
        per: 'hour',
        measure: oneIf('has_dedicated_egress'),
        quote: {
          field: 'app_egress_ips',
          of: 'count',
          description: 'Number of apps with dedicated egress IPs.',
          example: 1,
        },
      },
    ],
    bill: { precedence: 'service', products: [/\bapp platform\b|^apps?$/] },
  },
});
