import { z } from 'zod';
import { decimalText } from './decimal.ts';
import { defineEvent, defineRequest } from './define.ts';
import { tenantId, token, uuid } from './ids.ts';
import { json, jsonObject } from './json.ts';
import { pageInput, pageOf } from './page.ts';
import { instantText } from './time.ts';

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

export const resourceObserved = defineEvent({
  type: 'resource.observed',
  version: 1,
  stream: 'INVENTORY',
  owner: 'inventory-sync',
  summary:
    'The whole state of one resource from `effective_at` on. Of two messages with one `effective_at` the higher revision counts; a state holds until the next `effective_at`.',
  data: z.object({
    resource_id: uuid,
    provider: z.string(),
    kind: z.string(),
    provider_id: z.string(),
    name: z.string(),
    /** Counts up per resource, without gaps, in the order of saying. */
    revision: z.int().min(1),
    effective_at: instantText,
    observed_at: instantText,
    /** False: gone from `effective_at` on. */
    is_present: z.boolean(),
    /** The provider's own word, such as active or off; null where the kind has none. */
    status: z.string().nullable(),
    region: z.string().nullable(),
    created_at: instantText.nullable(),
    attrs,
    owner,
    /** Why it was said: a change, or the monthly repetition of all present states that keeps replay short. */
    cause: z.enum(['discovered', 'updated', 'deleted', 'restored', 'tagged', 'snapshot']),
  }),
  subject: (d) => `resource.observed.${token(d.provider)}.${token(d.kind)}.${d.resource_id}`,
  key: (d) => `${d.resource_id}:${d.revision}`,
});

export const inventorySwept = defineEvent({
  type: 'inventory.swept',
  version: 1,
  stream: 'INVENTORY',
  owner: 'inventory-sync',
  summary: 'One kind was listed completely; everything it showed was said before.',
  data: z.object({
    provider: z.string(),
    kind: z.string(),
    sweep_id: uuid,
    /** What the listing shows was so at this instant at the latest. */
    started_at: instantText,
    completed_at: instantText,
    count: z.int().min(0),
  }),
  subject: (d) => `inventory.swept.${token(d.provider)}.${token(d.kind)}`,
  key: (d) => d.sweep_id,
});

export const priceObserved = defineEvent({
  type: 'price.observed',
  version: 1,
  stream: 'INVENTORY',
  owner: 'inventory-sync',
  summary: "The provider's list price of one size, in USD, from `effective_at` on.",
  data: z.object({
    provider: z.string(),
    size_slug: z.string(),
    price_monthly: decimalText,
    price_hourly: decimalText,
    currency: z.string(),
    effective_at: instantText,
    observed_at: instantText,
  }),
  subject: (d) => `price.observed.${token(d.provider)}.${token(d.size_slug)}`,
  key: (d) => `${d.provider}:${d.size_slug}:${d.effective_at}:${d.price_monthly}:${d.price_hourly}`,
});

const everyone = ['platform_admin', 'tenant'] as const;
const operators = ['platform_admin'] as const;

/** A kind of resource, as it stands in subjects and columns. */
const kindName = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'a kind such as droplet');

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
  roles: [...everyone],
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
  roles: [...operators],
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
  roles: [...everyone],
  input: z.strictObject({ resource_id: uuid }),
  output: resourceView.extend({ events: z.array(resourceEvent) }),
  refusals: ['not-found'],
});

export const listResourceEvents = defineRequest({
  name: 'inventory.events',
  service: 'inventory-sync',
  summary: "A resource's event log, newest first.",
  effect: 'read',
  roles: [...everyone],
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
  roles: [...operators],
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

export const projectPurpose = z.string().regex(/^[a-z][a-z0-9_-]{0,62}$/, 'a word such as tenant, internal or shared');

export const projectView = z.object({
  project_id: uuid,
  provider: z.string(),
  provider_id: z.string(),
  name: z.string(),
  description: z.string(),
  environment: z.string().nullable(),
  is_default: z.boolean(),
  /** The operator's own: what belongs to no one else falls to it. */
  is_internal: z.boolean(),
  tenant_id: tenantId.nullable(),
  purpose: projectPurpose,
  is_present: z.boolean(),
  first_seen_at: instantText,
  last_seen_at: instantText,
  member_count: z.int().min(0),
});

export const listProjects = defineRequest({
  name: 'projects.list',
  service: 'inventory-sync',
  summary: "The provider's projects with how they are classified, by name. A tenant sees its own.",
  effect: 'read',
  roles: [...everyone],
  input: pageInput,
  output: pageOf(projectView),
  refusals: ['invalid-cursor'],
});

export const updateProject = defineRequest({
  name: 'projects.update',
  service: 'inventory-sync',
  summary: "Classify a project: its tenant, and its purpose. `internal` makes it the operator's own.",
  effect: 'command',
  roles: [...operators],
  input: z.strictObject({
    project_id: uuid,
    tenant_id: tenantId.nullable().optional(),
    purpose: projectPurpose.optional(),
  }),
  output: projectView,
  refusals: ['not-found', 'invalid-classification'],
});

/** How one listing of one kind went. */
export const sweepView = z.object({
  sweep_id: uuid,
  job: z.string(),
  kind: z.string(),
  /** `parked`: too much would vanish at once; an operator must confirm. */
  status: z.enum(['running', 'complete', 'incomplete', 'failed', 'parked', 'confirmed']),
  started_at: instantText,
  completed_at: instantText.nullable(),
  /** Distinct resources it showed. */
  count: z.int().min(0).nullable(),
  /** What the provider said there would be. */
  total: z.int().min(0).nullable(),
  discovered: z.int().min(0),
  changed: z.int().min(0),
  missing: z.int().min(0),
  deleted: z.int().min(0),
  /** Why it is not complete, in a sentence. */
  detail: z.string().nullable(),
});

export const syncView = z.object({
  sync_id: uuid,
  requested_at: instantText,
  requested_by: z.string(),
  status: z.enum(['running', 'complete', 'incomplete']),
  jobs: z.array(
    z.object({
      job: z.string(),
      status: z.enum(['waiting', 'running', 'done']),
    }),
  ),
  sweeps: z.array(sweepView),
});

export const startSync = defineRequest({
  name: 'inventory.sync',
  service: 'inventory-sync',
  summary: 'List kinds now, all of them unless named. The answer names the run, to follow it.',
  effect: 'command',
  roles: [...operators],
  input: z.strictObject({ kinds: z.array(kindName).min(1).max(50).optional() }),
  output: syncView,
  refusals: ['unknown-kind'],
});

export const getSync = defineRequest({
  name: 'inventory.sync-run',
  service: 'inventory-sync',
  summary: 'How a run that was asked for stands.',
  effect: 'read',
  roles: [...operators],
  input: z.strictObject({ sync_id: uuid }),
  output: syncView,
  refusals: ['not-found'],
});

export const getSyncState = defineRequest({
  name: 'inventory.sync-state',
  service: 'inventory-sync',
  summary: 'Of each kind the last listing and the last complete one, and what waits for an operator.',
  effect: 'read',
  roles: [...operators],
  input: z.strictObject({}),
  output: z.object({
    is_ok: z.boolean(),
    kinds: z.array(
      z.object({
        kind: z.string(),
        job: z.string(),
        last: sweepView.nullable(),
        last_complete_at: instantText.nullable(),
        /** The newest parked listing since the last complete one: it waits for an operator to confirm it, or to be disproved. */
        parked: sweepView.nullable(),
        is_ok: z.boolean(),
      }),
    ),
  }),
  refusals: [],
});

export const confirmSweep = defineRequest({
  name: 'inventory.confirm-sweep',
  service: 'inventory-sync',
  summary:
    'A parked listing was right: what it no longer showed is gone, from the start of the first one in a row that missed it.',
  effect: 'command',
  roles: [...operators],
  input: z.strictObject({ sweep_id: uuid }),
  output: sweepView,
  refusals: ['not-found', 'sweep-not-parked'],
});
