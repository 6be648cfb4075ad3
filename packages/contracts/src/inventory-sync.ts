import { z } from 'zod';
import { defineEvent } from './define.ts';
import { decimalText } from './decimal.ts';
import { tenantId, token, uuid } from './ids.ts';
import { json } from './json.ts';
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
 * What differs by kind. Names that metering and drift rely on, each only where it applies: `size_slug`, `size_gb`
 * (a decimal as text), `node_count`, `assigned_to` (provider id of a droplet, or null), `tags`, `resource_type`, `source_id`.
 */
export const attrs = z.record(z.string(), json);

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
