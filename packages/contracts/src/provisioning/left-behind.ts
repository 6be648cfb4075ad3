import { z } from 'zod';
import { staff } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { deploymentIdField, providerIdField, resourceIdField, resourceKindField } from '../fields.ts';
import { pageInput, pageOf } from '../page.ts';

const money = z.object({
  amount: decimalText.meta({ description: 'Amount in `currency`.', example: '12' }),
  currency: z.string().meta({ description: 'Currency, an ISO 4217 code.', example: 'USD' }),
});

/** Number and list price of what an offboarding left behind. */
export const leftBehindSummary = z.object({
  count: z.int().min(0).meta({ description: 'Number of resources.', example: 3 }),
  kinds: z
    .record(z.string(), z.int())
    .meta({ description: 'Number of resources by kind.', example: { volume: 2, snapshot: 1 } }),
  monthly_cost: money.describe('Their list price a month at the provider, as far as it is known.'),
  unpriced_count: z.int().min(0).meta({ description: 'Number of resources whose list price is unknown.', example: 1 }),
});

export const listLeftBehind = defineRequest({
  name: 'deployments.left-behind',
  service: 'provisioning',
  summary:
    'List what a deployment still has at the provider, by kind, with its list price: after an offboarding, what that left behind.',
  effect: 'read',
  roles: staff,
  input: pageInput.extend({ deployment_id: deploymentIdField }),
  output: pageOf(
    z.object({
      resource_id: resourceIdField,
      kind: resourceKindField,
      provider_id: providerIdField,
      name: z.string().meta({ description: 'Name at the provider.', example: 'data-1' }),
      monthly_cost: money.nullable().describe('Its list price a month at the provider; null: unknown.'),
      monthly_cost_unknown_because: z.string().nullable().meta({
        description: 'Reason that the list price is unknown; null: it is known.',
        example: 'The size of the volume is unknown.',
      }),
    }),
  ),
  refusals: ['not-found', 'invalid-cursor'],
});
