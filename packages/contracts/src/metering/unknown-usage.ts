import { z } from 'zod';
import { everyone } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { dimension } from './facts.ts';
import { dayOrInstant } from './fields.ts';

/** Why usage of a time is unknown: its state lacks the quantity, or its billing kind was not metered yet. */
export const unknownReason = z.enum(['quantity-unknown', 'not-metered-yet']);

/** A time in which a resource was used in an unknown quantity: no fact counts it, and it is not zero. */
export const unknownUsage = z.object({
  tenant_id: tenantId.describe('Tenant that used it.'),
  deployment_id: uuid.describe('Deployment that used it.'),
  resource_id: uuid.describe('Resource that was used.'),
  resource_name: z.string().meta({ description: 'Name of the resource at the provider.', example: 'acme-assets' }),
  kind: usageKind,
  dimension: dimension.nullable().describe('Dimension of the unknown usage, such as a size; null: it has none.'),
  from: instantText.describe('Start of the time, at the earliest that of the range.'),
  until: instantText.describe('End of the time, exclusive, at the latest that of the range.'),
  reason: unknownReason.describe(
    '`quantity-unknown`: what was observed does not contain the quantity. `not-metered-yet`: the billing kind was new in a later version.',
  ),
  detail: z.string().meta({
    description: 'The reason in one sentence, with the remedy if there is one.',
    example:
      'The size of a bucket is read with S3 keys alone: configure them, or report readings of it (POST /api/v1/usage).',
  }),
});

export const listUnknownUsage = defineRequest({
  name: 'usage.list-unknown',
  service: 'metering',
  summary: 'List the times in which a resource was used in an unknown quantity, with the reason. No fact counts them.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    tenant_id: tenantId.optional().describe('Only usage of this tenant.'),
    deployment_id: uuid.optional().describe('Only usage of this deployment.'),
    kind: usageKind.optional().describe('Only usage of this billing kind.'),
    from: dayOrInstant.optional().meta({
      description: 'Start of the range, a day or an instant; the first instant of the running month when absent.',
      example: '2026-04-01',
    }),
    to: dayOrInstant.optional().meta({
      description: 'End of the range, exclusive, a day or an instant; now when absent, and at the latest.',
      example: '2026-05-01',
    }),
  }),
  output: pageOf(unknownUsage),
  refusals: ['invalid-range', 'invalid-cursor'],
});
