import { z } from 'zod';
import { everyone, fleetStaff, staff } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { providerField, providerIdField, resourceIdField, resourceKindField } from '../fields.ts';
import { tenantId, uuid } from '../ids.ts';
import { json, jsonObject } from '../json.ts';
import { pageInput, pageOf, searchField, sortField } from '../page.ts';
import { instantText } from '../time.ts';
import { kindName } from './fields.ts';

/** The owner of a resource from `effective_at` on. `attributed_by` null: unowned. */
export const owner = z.object({
  tenant_id: tenantId.nullable().describe('Tenant that owns the resource; null: unowned.'),
  deployment_id: uuid.nullable().describe('Deployment that the resource belongs to; null: none.'),
  project_id: uuid.nullable().describe('Our id of the provider project that the resource is a member of; null: none.'),
  attributed_by: z
    .enum(['hand', 'tag', 'project', 'source'])
    .nullable()
    .describe(
      'Basis of the attribution: an operator (`hand`), a tag, a project, or the resource that it was made from or belongs to, such as its cluster (`source`); null: unowned, as is a member of a default project that is neither bound nor classified.',
    ),
});

/** Owner of a resource. */
export type Owner = z.infer<typeof owner>;

/**
 * The attributes of a resource. The registry of resource kinds (src/resource-kinds/kinds.ts) names those of each kind.
 */
export const attrs = jsonObject;

/** A resource as it is now. */
export const resourceView = z.object({
  resource_id: uuid.describe('Id of the resource, the same in every service.'),
  provider: providerField,
  kind: resourceKindField,
  provider_id: providerIdField,
  name: z.string().meta({ description: 'Name at the provider.', example: 'web-1' }),
  status: z
    .string()
    .nullable()
    .meta({ description: "Status in the provider's words; null where the kind has none.", example: 'active' }),
  region: z
    .string()
    .nullable()
    .meta({ description: 'Region of the provider; null where the kind has none.', example: 'syd1' }),
  is_present: z.boolean().describe('False: deleted at the provider.'),
  created_at: instantText
    .nullable()
    .describe('Instant of creation at the provider; null where the provider gives none.'),
  first_seen_at: instantText.describe('Instant of the first sync that listed it.'),
  last_seen_at: instantText.describe('Instant of the last sync that listed it.'),
  stale_strike_count: z.int().min(0).meta({
    description: 'Consecutive complete listings without it; enough of them make it count as deleted.',
    example: 0,
  }),
  deleted_at: instantText.nullable().describe('Instant from which it counts as deleted; null while it exists.'),
  revision: z.int().min(1).meta({ description: 'Revision of its last published state, counted from 1.', example: 3 }),
  attrs: attrs.meta({ description: 'Attributes of its kind.', example: { size_slug: 's-2vcpu-4gb', vcpus: 2 } }),
  owner: owner
    .extend({
      project_name: z.string().nullable().meta({ description: 'Name of that project; null: none.', example: 'acme' }),
    })
    .describe('Owner now.'),
});

export const listResources = defineRequest({
  name: 'inventory.list',
  service: 'inventory-sync',
  summary:
    'List resources by kind and name. A tenant sees its own; deleted ones are listed only with `include_deleted`.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    kind: kindName.optional().describe('Only resources of this kind.'),
    status: z
      .string()
      .max(64)
      .optional()
      .meta({ description: "Only resources of this status, in the provider's words.", example: 'active' }),
    project_id: uuid.optional().describe('Only members of this project.'),
    deployment_id: uuid.optional().describe('Only resources of this deployment.'),
    tenant_id: tenantId.optional().describe('Only resources of this tenant.'),
    q: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: 'Part of a name, or a whole provider id.', example: 'web' }),
    include_deleted: z.enum(['true', 'false']).default('false').describe('`true`: deleted resources too.'),
    sort: sortField(['name', 'kind', 'first_seen_at', 'last_seen_at']),
  }),
  output: pageOf(resourceView),
  refusals: ['invalid-cursor'],
});

export const listUnattributed = defineRequest({
  name: 'inventory.unattributed',
  service: 'inventory-sync',
  summary: 'List resources attributed to no deployment (unbilled).',
  effect: 'read',
  roles: staff,
  input: pageInput.extend({
    kind: kindName.optional().describe('Only resources of this kind.'),
    q: searchField('Part of a name, in any case, or a whole provider id.'),
  }),
  output: pageOf(resourceView),
  refusals: ['invalid-cursor'],
});

/** An entry of the event log of a resource. */
export const resourceEvent = z.object({
  entry: z.int().min(1).meta({ description: "Number of the entry in the resource's log, counted from 1.", example: 7 }),
  type: z
    .enum(['discovered', 'updated', 'deleted', 'restored', 'tagged', 'snapshot', 'drift_detected'])
    .describe('Sort of the event.'),
  revision: z.int().min(1).nullable().describe('Revision that inventory published with it; null: it published none.'),
  event_id: uuid.nullable().describe('Id of that message on the stream; null: there is none.'),
  effective_at: instantText.describe('Instant from which the change holds.'),
  observed_at: instantText.describe('Instant at which the change was observed.'),
  recorded_at: instantText.describe('Instant at which it was written to the log.'),
  actor: z
    .string()
    .nullable()
    .meta({ description: 'Subject of the person or service that caused it; null: the provider.', example: 'user:ada' }),
  changes: z
    .record(z.string(), z.object({ before: json.describe('Value before.'), after: json.describe('Value after.') }))
    .meta({
      description: 'The changed fields, each with its value before and after.',
      example: { size_slug: { before: 's-1vcpu-2gb', after: 's-2vcpu-4gb' } },
    }),
  details: z.record(z.string(), json).nullable().describe('Further facts of this sort of event; null: none.'),
});

export const getResource = defineRequest({
  name: 'inventory.get',
  service: 'inventory-sync',
  summary: 'Get a resource with its newest events.',
  effect: 'read',
  roles: everyone,
  input: z.strictObject({ resource_id: resourceIdField }),
  output: resourceView.extend({
    events: z.array(resourceEvent).describe('Its newest events, newest first.'),
  }),
  refusals: ['not-found'],
  isVersioned: true,
  unversioned: ['last_seen_at', 'stale_strike_count'],
});

export const listResourceEvents = defineRequest({
  name: 'inventory.events',
  service: 'inventory-sync',
  summary: 'List the event log of a resource, newest first.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({ resource_id: resourceIdField }),
  output: pageOf(resourceEvent),
  refusals: ['not-found', 'invalid-cursor'],
});

/** The decision of an attribution by hand: the owner, and since when. */
const attribution = z.strictObject({
  deployment_id: uuid.nullable().optional().describe('Deployment that the resource belongs to; null: none.'),
  automatic: z
    .literal(true)
    .optional()
    .describe('True: tags and projects decide again from `effective_at` on; not together with `deployment_id`.'),
  effective_at: instantText
    .optional()
    .describe('Instant from which it holds, in the past if need be; now when absent.'),
  reason: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .meta({ description: 'Reason, kept in the log.', example: 'made by hand for this customer' }),
});

export const attributeResource = defineRequest({
  name: 'inventory.attribute',
  service: 'inventory-sync',
  summary:
    'Attribute a resource by hand from an instant on: to a deployment, to none (`deployment_id` null), or by tags and projects again (`automatic`).',
  effect: 'command',
  roles: fleetStaff,
  input: z.strictObject({ resource_id: uuid.describe('Id of the resource.'), ...attribution.shape }),
  output: resourceView,
  refusals: ['not-found', 'unknown-deployment', 'effective-at-refused', 'invalid-attribution'],
  edits: edited(getResource, ['resource_id']),
});

export const attributeResources = defineRequest({
  name: 'inventory.attribute-many',
  service: 'inventory-sync',
  summary:
    'Attribute many resources by hand to one owner from an instant on. Each is answered on its own, and a repetition changes nothing.',
  effect: 'command',
  roles: fleetStaff,
  input: z.strictObject({
    resource_ids: z.array(uuid).min(1).max(200).describe('Ids of the resources, at most 200.'),
    ...attribution.shape,
  }),
  output: z.object({
    results: z
      .array(
        z.object({
          resource_id: uuid.describe('Id of the resource.'),
          outcome: z.enum(['attributed', 'refused']).describe('`attributed`: it has the owner from then on.'),
          refusal: z
            .object({
              word: z
                .enum(['not-found', 'effective-at-refused'])
                .describe('The word that the request about this resource alone is refused with.'),
              detail: z.string().meta({
                description: 'Reason, one sentence.',
                example: 'effective_at lies in the future; set an instant that is not after now.',
              }),
            })
            .nullable()
            .describe('Reason that it was refused; null: it was not.'),
        }),
      )
      .describe('One result for each distinct id, in the order of the request.'),
  }),
  refusals: ['unknown-deployment', 'invalid-attribution'],
});

/** How many resources exist, and how many of them belong to nothing. */
export const resourceCounts = z.object({
  resources: z.int().min(0).meta({ description: 'Resources at the provider.', example: 12 }),
  of_deployments: z.int().min(0).meta({ description: 'Those that belong to a deployment.', example: 9 }),
  unattributed: z
    .int()
    .min(0)
    .meta({ description: 'Those that belong to no deployment, so no tenant pays.', example: 3 }),
  unowned: z.int().min(0).meta({
    description: 'Those of them that belong neither to a tenant nor to the operator.',
    example: 1,
  }),
});

export const summarizeInventory = defineRequest({
  name: 'inventory.summarize',
  service: 'inventory-sync',
  summary: 'Count the resources at the provider by kind: those of deployments, of none, and unowned ones.',
  effect: 'read',
  roles: staff,
  input: z.strictObject({}),
  output: resourceCounts.extend({
    kinds: z.array(resourceCounts.extend({ kind: resourceKindField })).describe('The same by kind of resource.'),
    parked_listings: z.int().min(0).meta({
      description: 'Listings that wait for a person, because too much was missing from them.',
      example: 0,
    }),
  }),
  refusals: [],
});
