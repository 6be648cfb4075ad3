import { furtherKinds } from './further-kinds.ts';
import { defineKinds } from './kind-entry.ts';
import { managedKinds } from './managed-kinds.ts';
import { backedUp, backupGigabytes, byAttribute, gigabytes, nodes, one, oneUnless, oneWhile } from './quantities.ts';

/** Droplets, storage, addresses and what stands in front of them. */
const basicKinds = defineKinds({
  /**
   * `size_slug`, `vcpus`, `memory_mb`, `disk_gb`, `image`, `image_id`, `tags`, `features`, `vpc_id`, `volume_ids`, `public_ipv4`,
   * `public_ipv6`, `private_ipv4`, `has_backups`; `backup_plan` (daily or weekly; null: not readable) while its backups are on; a
   * Kubernetes worker has `source_kind` k8s_cluster and `source_id`.
   */
  droplet: {
    urnTypes: ['droplet'],
    job: 'sync-droplets',
    scope: 'droplet:read',
    isAssignable: true,
    ownerFrom: ['k8s_cluster'],
    billed: 'by-resource',
    usages: [
      {
        kind: 'droplet_hours',
        unit: 'hour',
        per: 'hour',
        dimension: 'size',
        unknown: 'The provider gives it a status of which it is not known whether the droplet is on.',
        measure: byAttribute('size_slug', oneWhile('active', ['new', 'off', 'archive'])),
        quote: { field: 'droplets', of: 'count', description: 'Number of droplets that run all month.', example: 2 },
      },
      {
        kind: 'droplet_backup_hours',
        unit: 'hour',
        per: 'hour',
        dimension: 'backup plan and size',
        unknown: 'An earlier version observed the droplet, without the plan of its backups.',
        insteadOf: 'backup_gb_month',
        billedAs: 'droplet_backup',
        measure: backedUp,
        quote: {
          field: 'backed_up_droplets',
          of: 'count',
          description: 'Number of droplets with backups on all month, by plan and size, such as `weekly s-1vcpu-1gb`.',
          example: 1,
        },
      },
    ],
    bill: { precedence: 'generic', products: [/\bdroplets?\b/] },
    billedWith: { kind: 'k8s_cluster', lineNames: 'itself' },
  },
  /** `ttl`. */
  dns_zone: {
    urnTypes: ['domain'],
    job: 'sync-dns-zones',
    scope: 'domain:read',
    isAssignable: true,
    ownerFrom: [],
    billed: 'free',
    usages: [
      {
        kind: 'dns_zones',
        unit: 'zone-month',
        per: 'month',
        measure: one,
        quote: { field: 'dns_zones', of: 'count', description: 'Number of DNS zones.', example: 1 },
      },
    ],
  },
  /** `size_gb`, `assigned_to`, `filesystem_type`, `tags`. */
  volume: {
    urnTypes: ['volume'],
    job: 'sync-volumes',
    scope: 'block_storage:read',
    isAssignable: true,
    ownerFrom: ['k8s_cluster', 'droplet'],
    sizeAttribute: 'size_gb',
    billed: 'by-resource',
    usages: [
      {
        kind: 'volume_gb_month',
        unit: 'GB-month',
        per: 'month',
        measure: gigabytes,
        quote: { field: 'volumes_gb', of: 'gigabytes', description: 'Volumes in GB, all month.', example: '100' },
      },
    ],
    bill: { precedence: 'generic', products: [/\b(volumes?|block storage)\b/] },
  },
  /** `size_gb`, `resource_type` (droplet or volume), `source_kind`, `source_id`, `regions`, `min_disk_gb`, `tags`. */
  snapshot: {
    urnTypes: ['snapshot', 'volumesnapshot', 'image'],
    job: 'sync-snapshots',
    scope: 'snapshot:read',
    isAssignable: false,
    ownerFrom: ['droplet', 'volume'],
    sizeAttribute: 'size_gb',
    billed: 'by-resource',
    usages: [
      {
        kind: 'snapshot_gb_month',
        unit: 'GB-month',
        per: 'month',
        measure: gigabytes,
        quote: { field: 'snapshots_gb', of: 'gigabytes', description: 'Snapshots in GB, all month.', example: '20' },
      },
    ],
    bill: {
      precedence: 'specific',
      products: [/\bsnapshots?\b/],
      endings: [/\d\s?gi?b (?:droplet|volume) snapshot$/i],
    },
  },
  /** `assigned_to` (the provider id of a droplet; null: unassigned, which costs), `version` (4 or 6). */
  floating_ip: {
    urnTypes: ['floatingip', 'reservedip', 'floatingipv6', 'reservedipv6'],
    urnTypeOfIpv6: 'floatingipv6',
    job: 'sync-floating-ips',
    scope: 'reserved_ip:read',
    isAssignable: true,
    ownerFrom: ['droplet'],
    freeWhile: 'assigned_to',
    billed: 'by-resource',
    usages: [
      {
        kind: 'floating_ip_hours',
        unit: 'hour',
        per: 'hour',
        measure: oneUnless('assigned_to'),
        quote: { field: 'floating_ips', of: 'count', description: 'Number of reserved IPs.', example: 1 },
      },
    ],
    bill: { precedence: 'specific', products: [/\b(floating|reserved) ?ip(v[46])?s?\b/] },
  },
  /** `droplet_ids`, `tags`, `inbound_rules`, `outbound_rules`. */
  firewall: {
    urnTypes: ['firewall'],
    job: 'sync-firewalls',
    scope: 'firewall:read',
    isAssignable: false,
    ownerFrom: [],
    billed: 'free',
    usages: [],
  },
  /** `node_count` (billing units), `type`, `network`, `ip`, `size_slug` (legacy sizes), `droplet_ids`. */
  load_balancer: {
    urnTypes: ['loadbalancer'],
    job: 'sync-load-balancers',
    scope: 'load_balancer:read',
    isAssignable: true,
    ownerFrom: ['k8s_cluster', 'droplet'],
    sizeAttribute: 'node_count',
    billed: 'by-resource',
    usages: [
      {
        kind: 'load_balancer_hours',
        unit: 'hour',
        per: 'hour',
        measure: nodes,
        quote: { field: 'load_balancer_nodes', of: 'count', description: 'Number of load balancer nodes.', example: 1 },
      },
    ],
    bill: { precedence: 'specific', products: [/\bload ?balancers?\b/] },
  },
  /** `size_gb`, `source_kind`, `source_id`, `regions`, `min_disk_gb`, `backup_plan` (daily or weekly, where readable), `droplet_size`. */
  droplet_backup: {
    urnTypes: ['droplet_backup'],
    job: 'sync-droplet-backups',
    scope: 'droplet:read',
    isAssignable: false,
    ownerFrom: ['droplet'],
    sizeAttribute: 'size_gb',
    billed: 'by-resource',
    usages: [
      {
        kind: 'backup_gb_month',
        unit: 'GB-month',
        per: 'month',
        dimension: 'backup plan and size of the droplet',
        measure: backupGigabytes,
        quote: { field: 'backups_gb', of: 'gigabytes', description: 'Backups in GB, all month.', example: '20' },
      },
    ],
    bill: {
      precedence: 'specific',
      products: [/\bbackups?\b/],
      endings: [/\((?:daily|weekly) backup services?\)$/i],
    },
    billedWith: { kind: 'droplet', lineNames: 'source' },
  },
  /** `size_gb` and `objects`, only where S3 keys are configured. */
  spaces_bucket: {
    urnTypes: ['space'],
    job: 'sync-projects',
    isAssignable: true,
    ownerFrom: [],
    sizeAttribute: 'size_gb',
    billed: 'by-account',
    usages: [
      {
        kind: 'spaces_gb_month',
        unit: 'GB-month',
        per: 'month',
        unknown:
          'The size of a bucket is read with S3 keys alone: configure them, or report readings of it (POST /api/v1/usage).',
        measure: gigabytes,
        quote: { field: 'spaces_gb', of: 'gigabytes', description: 'Object storage in GB, all month.', example: '250' },
      },
    ],
  },
});

/**
 * Every kind of resource, once. The comment of a kind names the attributes that others rely on, each only where it applies; lists
 * are sorted sets, `size_gb` is a decimal as text in GiB, and provider ids of other things are text. `provider_project_id` is the project
 * that a resource names itself; `source_kind` and `source_id` name the resource whose owner it has.
 *
 * Inventory, metering, drift, billing, margins, quotes and provisioning derive their lists from the entries.
 * Within a precedence, the phrases of an earlier kind are tried first. The steps of adding one are in docs/adding/resource-kind.md.
 */
export const resourceKinds = defineKinds({ ...basicKinds, ...managedKinds, ...furtherKinds });

/**
 * What the provider bills and lists in no form that the inventory reads: known from the bill alone, or from the URNs of projects as
 * resources of unknown kind. An inventory without them does not mean an account without them.
 */
export const neverListed: readonly string[] = [
  'functions',
  'GenAI agents, knowledge bases, inference and vector databases',
  'uptime checks',
  'marketplace add-ons',
  'droplet autoscale pools (their members are listed as droplets)',
  'bandwidth beyond the allowance',
  'support plans, the Spaces subscription, credits and taxes',
];

/** Name of a known kind of resource. */
export type ResourceKind = keyof typeof resourceKinds;

/** Kinds that only the projects' members make known. */
export type MemberKind = {
  [Kind in ResourceKind]: (typeof resourceKinds)[Kind]['job'] extends 'sync-projects' ? Kind : never;
}[ResourceKind];

/** Kinds that the provider lists by themselves. */
export type ListedKind = Exclude<ResourceKind, MemberKind>;
