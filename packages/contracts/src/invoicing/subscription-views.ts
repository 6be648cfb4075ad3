import { z } from 'zod';
import { everyone } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { catalogCode } from './fields.ts';
import { proration } from './terms.ts';

/** Status of a subscription. */
export const subscriptionStatus = z.enum(['scheduled', 'trial', 'active', 'paused', 'cancelled']);

/** A subscription of a deployment to a plan, with its addons and pauses. */
export const subscription = z.object({
  subscription_id: uuid.describe('Id of the subscription.'),
  deployment_id: uuid.describe('Deployment that it belongs to.'),
  tenant_id: tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' }),
  status: subscriptionStatus.describe('`scheduled`: has not started; `trial`: is not billed yet.'),
  revision: z.int().meta({ description: 'Counts the changes from 1; the highest one holds.', example: 3 }),
  plan_code: catalogCode.meta({ description: 'Plan that is in force.', example: 'studio' }),
  plan_version: z.int().meta({ description: 'Version of the plan that is in force.', example: 2 }),
  base_price_cents: cents.meta({
    description: 'Price of a month before usage, in cents without tax (with tax, if prices are tax-inclusive).',
    example: 4900,
  }),
  currency: currencyCode.meta({ description: 'Currency of the prices, an ISO 4217 code.', example: 'AUD' }),
  proration: proration.describe(
    '`daily`: base price and included quantities count by the days in force; `none`: a started month counts whole.',
  ),
  starts_at: instantText.meta({ description: 'When it starts, RFC 3339 in UTC.', example: '2026-04-01T00:00:00Z' }),
  ends_at: instantText.nullable().describe('When it ends, exclusive; null while it has no end.'),
  trial_ends_at: instantText
    .nullable()
    .describe('When the trial ends, exclusive: no usage or base price is billed before; null without a trial.'),
  current_period_start: instantText.describe('First instant of the current billing month.'),
  current_period_end: instantText.describe('End of the current billing month, exclusive.'),
  plans: z
    .array(
      z.object({
        effective_at: instantText.describe('When the plan takes effect.'),
        plan_code: catalogCode.meta({ description: 'Code of the plan.', example: 'studio' }),
        plan_version: z.int().meta({ description: 'Version of the plan.', example: 2 }),
      }),
    )
    .describe('All plans of the subscription, by when they take effect; also announced ones.'),
  pauses: z
    .array(
      z.object({
        from: instantText.describe('Start of the pause.'),
        until: instantText.nullable().describe('End of the pause, exclusive; null while it lasts.'),
      }),
    )
    .describe('All pauses.'),
  addons: z
    .array(
      z.object({
        addon_id: uuid.describe('Id of the attached addon; one code can be attached several times.'),
        addon_code: catalogCode.meta({ description: 'Code of the addon.', example: 'storage_50gb' }),
        kind: usageKind.meta({
          description: 'Billing kind of which the addon includes more.',
          example: 'spaces_gb_month',
        }),
        qty: decimalText.meta({
          description: 'Quantity that one addon adds to the included quantity of a month.',
          example: '50',
        }),
        price_cents: cents.meta({ description: 'Price of one addon for a month, in cents.', example: 1500 }),
        quantity: z.int().meta({ description: 'How many of the addon.', example: 1 }),
        starts_at: instantText.meta({
          description: 'When it starts, RFC 3339 in UTC.',
          example: '2026-04-01T00:00:00Z',
        }),
        ends_at: instantText.nullable().describe('When it ends, exclusive; null while it has no end.'),
      }),
    )
    .describe('All attached addons, also ended ones.'),
});

export const listSubscriptions = defineRequest({
  name: 'subscriptions.list',
  service: 'invoicing',
  summary: 'List subscriptions, newest first, former ones included.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    deployment_id: uuid.optional().describe('Only subscriptions of this deployment.'),
    tenant_id: tenantId
      .optional()
      .meta({ description: 'Only this tenant. Operators only; a tenant sees its own.', example: 'acme' }),
  }),
  output: pageOf(subscription),
  refusals: ['invalid-cursor'],
});

export const getSubscription = defineRequest({
  name: 'subscriptions.get',
  service: 'invoicing',
  summary: 'Get the subscription of a deployment: the one in force, or the newest.',
  effect: 'read',
  roles: everyone,
  input: z.object({ deployment_id: uuid.describe('Deployment that it belongs to.') }),
  output: subscription,
  refusals: ['not-found'],
  isVersioned: true,
});
