import { z } from 'zod';
import { decimalText } from '../decimal.ts';
import { defineEvent } from '../define.ts';
import { providerField, providerIdField, resourceKindField, sizeSlugField } from '../fields.ts';
import { tenantId, token, uuid } from '../ids.ts';
import { instantText } from '../time.ts';
import { attrs, owner } from './resources.ts';

export const resourceObserved = defineEvent({
  type: 'resource.observed',
  version: 1,
  stream: 'INVENTORY',
  summary:
    'The whole state of one resource from `effective_at` on, until its next `effective_at`. Of two messages with the same `effective_at` the higher revision counts.',
  data: z.object({
    resource_id: uuid.describe('Id of the resource, the same in every service.'),
    provider: providerField,
    kind: resourceKindField,
    provider_id: providerIdField,
    name: z.string().meta({ description: 'Name at the provider.', example: 'web-1' }),
    revision: z
      .int()
      .min(1)
      .meta({ description: "Revision: counts this resource's messages from 1 without gaps.", example: 3 }),
    effective_at: instantText.describe('Instant from which this state holds.'),
    observed_at: instantText.describe('Instant at which it was observed.'),
    is_present: z.boolean().describe('False: deleted from `effective_at` on.'),
    status: z
      .string()
      .nullable()
      .meta({ description: "Status in the provider's words; null where the kind has none.", example: 'active' }),
    region: z
      .string()
      .nullable()
      .meta({ description: 'Region of the provider; null where the kind has none.', example: 'syd1' }),
    created_at: instantText
      .nullable()
      .describe('Instant of creation at the provider; null where the provider gives none.'),
    attrs: attrs.meta({ description: 'Attributes of its kind.', example: { size_slug: 's-2vcpu-4gb', vcpus: 2 } }),
    owner: owner.describe('Owner from `effective_at` on.'),
    cause: z
      .enum(['discovered', 'updated', 'deleted', 'restored', 'tagged', 'snapshot'])
      .describe(
        'Reason for the message: a change, or `snapshot`, the monthly repetition of every present state, which keeps a replay short.',
      ),
  }),
  subject: (d) => `resource.observed.${token(d.provider)}.${token(d.kind)}.${d.resource_id}`,
  key: (d) => `${d.resource_id}:${d.revision}`,
});

export const inventorySwept = defineEvent({
  type: 'inventory.swept',
  version: 1,
  stream: 'INVENTORY',
  summary: 'A complete listing of one kind. The states of all listed resources were published before it.',
  data: z.object({
    provider: providerField,
    kind: resourceKindField,
    sweep_id: uuid.describe('Id of the listing.'),
    started_at: instantText.describe('Start of the listing: it shows a state no older than this instant.'),
    completed_at: instantText.describe('End of the listing.'),
    count: z.int().min(0).meta({ description: 'Distinct resources that it listed.', example: 120 }),
  }),
  subject: (d) => `inventory.swept.${token(d.provider)}.${token(d.kind)}`,
  key: (d) => d.sweep_id,
});

export const sweepParked = defineEvent({
  type: 'sweep.parked',
  version: 1,
  stream: 'INVENTORY',
  summary: 'A listing of one kind lacks so many known resources that none is deleted until an operator confirms it.',
  data: z.object({
    provider: providerField,
    kind: resourceKindField,
    sweep_id: uuid.describe('Id of the listing.'),
    started_at: instantText.describe('Start of the listing.'),
    missing: z.int().min(0).meta({ description: 'Known resources that it lacks.', example: 40 }),
    detail: z
      .string()
      .meta({ description: 'Why it was parked, one sentence.', example: '40 of 120 droplets are missing.' }),
  }),
  subject: (d) => `sweep.parked.${token(d.provider)}.${token(d.kind)}`,
  key: (d) => d.sweep_id,
});

export const priceObserved = defineEvent({
  type: 'price.observed',
  version: 1,
  stream: 'INVENTORY',
  summary: "The provider's list price of one size, in USD, from `effective_at` on.",
  data: z.object({
    provider: providerField,
    size_slug: sizeSlugField,
    price_monthly: decimalText.meta({ description: 'List price per month, in `currency`.', example: '24' }),
    price_hourly: decimalText.meta({ description: 'List price per hour, in `currency`.', example: '0.03571' }),
    currency: z.string().meta({ description: 'Currency of the prices, an ISO 4217 code.', example: 'USD' }),
    effective_at: instantText.describe('Instant from which the price holds.'),
    observed_at: instantText.describe('Instant at which it was observed.'),
  }),
  subject: (d) => `price.observed.${token(d.provider)}.${token(d.size_slug)}`,
  key: (d) => `${d.provider}:${d.size_slug}:${d.effective_at}:${d.price_monthly}:${d.price_hourly}`,
});

export const tenantFound = defineEvent({
  type: 'tenant.found',
  version: 1,
  stream: 'INVENTORY',
  summary:
    'A project was classified by a tenant before tenants were created explicitly; invoicing creates that tenant if it does not exist.',
  data: z.object({ tenant_id: tenantId.describe('Id of the tenant.') }),
  subject: (d) => `tenant.found.${token(d.tenant_id)}`,
  key: (d) => d.tenant_id,
});

/** Every event of inventory-sync, in the order of its stream's subjects. */
export const events = [resourceObserved, inventorySwept, priceObserved, tenantFound, sweepParked] as const;
