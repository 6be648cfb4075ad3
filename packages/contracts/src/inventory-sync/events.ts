import { z } from 'zod';
import { decimalText } from '../decimal.ts';
import { defineEvent } from '../define.ts';
import { token, uuid } from '../ids.ts';
import { instantText } from '../time.ts';
import { attrs, owner } from './resources.ts';

export const resourceObserved = defineEvent({
  type: 'resource.observed',
  version: 1,
  stream: 'INVENTORY',
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

/** Every event of inventory-sync, in the order of its stream's subjects. */
export const events = [resourceObserved, inventorySwept, priceObserved] as const;
