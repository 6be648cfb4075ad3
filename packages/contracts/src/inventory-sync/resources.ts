import { z } from 'zod';
import { everyone, operators } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { json, jsonObject } from '../json.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText } from '../time.ts';
import { kindName } from './fields.ts';

/** Whose a resource is from `effective_at` on. All null: nobody's. */
export const owner = z.object({
  tenant_id: tenantId.nullable(),
  deployment_id: uuid.nullable(),
  /** Our id of the provider project it is a member of. */
  project_id: uuid.nullable(),
  attributed_by: z.enum(['hand', 'tag', 'project', 'source']).nullable(),
});

export type Owner = z.infer<typeof owner>;

/**
 * What differs by kind. Names that metering and drift rely on, each only where it applies; lists are sorted sets.
 *
 * - droplet: `size_slug`, `vcpus`, `memory_mb`, `disk_gb`, `image`, `image_id`, `tags`, `features`, `vpc_id`, `volume_ids`,
 *   `public_ipv4`, `public_ipv6`, `private_ipv4`, `has_backups`; a Kubernetes worker has `source_kind` k8s_cluster and `source_id`
 * - volume: `size_gb`, `assigned_to`, `filesystem_type`, `tags`
 * - snapshot: `size_gb`, `resource_type` (droplet or volume), `source_kind`, `source_id`, `regions`, `min_disk_gb`, `tags`
 * - droplet_backup: `size_gb`, `source_kind`, `source_id`, `regions`, `min_disk_gb`, `backup_plan` (daily or weekly, where readable)
 * - floating_ip: `assigned_to` (a droplet's provider id, or null: billed), `version` (4 or 6)
 * - load_balancer: `node_count` (billing units), `type`, `network`, `ip`, `size_slug` (legacy sizes), `droplet_ids`
 * - dns_zone: `ttl`. firewall: `droplet_ids`, `tags`, `inbound_rules`, `outbound_rules`
 * - spaces_bucket: `size_gb` and `objects`, only where S3 keys are configured. managed_db, k8s_cluster, app: what their URN tells
 *
 * `size_gb` is a decimal as text, in GiB as the provider counts them; provider ids of other things are text.
 */
export const attrs = jsonObject;

/** A resource as it is now. */
export const resourceView = z.object({
  resource_id: uuid,
  provider: z.string(),
  kind: z.string(),
  provider_id: z.string(),
  name: z.string(),
  status: z.string().nullable(),
  region: z.string().nullable(),
  is_present: z.boolean(),
  created_at: instantText.nullable(),
  first_seen_at: instantText,
  last_seen_at: instantText,
  /** Complete listings in a row in which it was absent. */
  stale_strike_count: z.int().min(0),
  /** Gone from then on; null while it is there. */
  deleted_at: instantText.nullable(),
  revision: z.int().min(1),
  attrs,
  owner: owner.extend({ project_name: z.string().nullable() }),
});

export const listResources = defineRequest({
  name: 'inventory.list',
  service: 'inventory-sync',
  summary:
    'What the account runs, by kind and name. A tenant sees its own. What is gone is left out unless `include_deleted`.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    kind: kindName.optional(),
    status: z.string().max(64).optional(),
    project_id: uuid.optional(),
    deployment_id: uuid.optional(),
    tenant_id: tenantId.optional(),
    /** Part of a name, or a whole provider id. */
    q: z.string().min(1).max(200).optional(),
    include_deleted: z.enum(['true', 'false']).default('false'),
  }),
  output: pageOf(resourceView),
  refusals: ['invalid-cursor'],
});

export const listUnattributed = defineRequest({
  name: 'inventory.unattributed',
  service: 'inventory-sync',
  summary: 'What is there and belongs to no deployment, so that nobody is billed for it.',
  effect: 'read',
  roles: operators,
  input: pageInput.extend({ kind: kindName.optional() }),
  output: pageOf(resourceView),
  refusals: ['invalid-cursor'],
});

export const resourceEvent = z.object({
  /** Counts up per resource over everything that befell it. */
  entry: z.int().min(1),
  type: z.enum(['discovered', 'updated', 'deleted', 'restored', 'tagged', 'snapshot', 'drift_detected']),
  /** Of the message that said it; null for what was not said by inventory. */
  revision: z.int().min(1).nullable(),
  /** Id of that message on the stream. */
  event_id: uuid.nullable(),
  effective_at: instantText,
  observed_at: instantText,
  recorded_at: instantText,
  actor: z.string().nullable(),
  /** Field by field, what it was before and is after. */
  changes: z.record(z.string(), z.object({ before: json, after: json })),
  details: z.record(z.string(), json).nullable(),
});

export const getResource = defineRequest({
  name: 'inventory.get',
  service: 'inventory-sync',
  summary: 'One resource with its newest events.',
  effect: 'read',
  roles: everyone,
  input: z.strictObject({ resource_id: uuid }),
  output: resourceView.extend({ events: z.array(resourceEvent) }),
  refusals: ['not-found'],
});

export const listResourceEvents = defineRequest({
  name: 'inventory.events',
  service: 'inventory-sync',
  summary: "A resource's event log, newest first.",
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({ resource_id: uuid }),
  output: pageOf(resourceEvent),
  refusals: ['not-found', 'invalid-cursor'],
});

export const attributeResource = defineRequest({
  name: 'inventory.attribute',
  service: 'inventory-sync',
  summary:
    'Say by hand whose a resource is from an instant on: a deployment, nobody (`deployment_id` null), or whatever the rules say again (`automatic`).',
  effect: 'command',
  roles: operators,
  input: z.strictObject({
    resource_id: uuid,
    deployment_id: uuid.nullable().optional(),
    /** Tags and projects decide again from `effective_at` on. */
    automatic: z.literal(true).optional(),
    /** May lie in the past; now when absent. */
    effective_at: instantText.optional(),
    reason: z.string().min(1).max(500).optional(),
  }),
  output: resourceView,
  refusals: ['not-found', 'unknown-deployment', 'effective-at-refused', 'invalid-attribution'],
});
