import { z } from 'zod';
import { customerBilling, everyone, moneyStaff } from '../actor.ts';
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

/** When a change takes effect. A tenant's change never lowers what its running month costs; an operator may name any instant. */
const changeTime = {
  when: z
    .enum(['now', 'period_end'])
    .default('now')
    .describe(
      '`now`, or `period_end`: with the start of the next calendar month. With `now`, a change by a tenant takes effect at the earliest instant at which it does not lower the cost of the current month; the answer shows it.',
    ),
  effective_at: instantText.optional().meta({
    description: 'When the change takes effect, RFC 3339 in UTC. Operators only; by default as `when` determines.',
    example: '2026-04-15T00:00:00Z',
  }),
  reason: z.string().min(1).max(500).optional().meta({
    description:
      'Why the change takes effect before the end of the month although it lowers what the month costs. Operators only, and required of them for such a change.',
    example: 'Agreed with the customer, ticket 4711',
  }),
};

const changeRefusals = [
  'not-found',
  'not-subscribed',
  'forbidden',
  'invalid-time',
  'subscription-changed',
  'lowers-current-month',
] as const;

export const subscribe = defineRequest({
  name: 'subscriptions.subscribe',
  service: 'invoicing',
  summary: 'Subscribe a deployment to a plan. A deployment has one subscription at a time; former ones are kept.',
  effect: 'command',
  roles: customerBilling,
  input: z.object({
    deployment_id: uuid.describe('Deployment to subscribe.'),
    plan_code: catalogCode.meta({ description: 'Code of the plan.', example: 'studio' }),
    plan_version: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Version of the plan; the active one by default. Operators only.', example: 2 }),
    addons: z
      .array(
        z.object({
          addon_code: catalogCode.meta({ description: 'Code of the addon.', example: 'storage_50gb' }),
          quantity: z.int().min(1).max(1000).default(1).meta({ description: 'How many of the addon.', example: 1 }),
          starts_at: instantText.optional().meta({
            description: 'When the addon starts; with the subscription by default. Operators only.',
            example: '2026-04-01T00:00:00Z',
          }),
          ends_at: instantText
            .optional()
            .describe('When the addon ends, exclusive; with the subscription by default. Operators only.'),
        }),
      )
      .max(50)
      .default([])
      .describe('Addons to attach from the start.'),
    starts_at: instantText
      .optional()
      .meta({ description: 'When it starts; now by default. Operators only.', example: '2026-04-01T00:00:00Z' }),
    ends_at: instantText.optional().describe('When it ends, exclusive; without an end by default. Operators only.'),
    trial_ends_at: instantText.optional().meta({
      description: 'When the trial ends, exclusive; without a trial by default. Operators only.',
      example: '2026-05-01T00:00:00Z',
    }),
    quote_id: uuid
      .optional()
      .describe('Quote to follow: its plan version and its addons apply unless others are named.'),
  }),
  output: subscription,
  refusals: [
    'not-found',
    'plan-not-found',
    'addon-not-found',
    'already-subscribed',
    'currency-mismatch',
    'forbidden',
    'invalid-time',
    'quote-not-found',
    'quote-expired',
    'quote-mismatch',
    'deployment-ended',
    'lowers-current-month',
  ],
});

export const changePlan = defineRequest({
  name: 'subscriptions.change-plan',
  service: 'invoicing',
  summary:
    'Move a subscription to another plan: to a dearer one at once, for tenants to a cheaper one with the next month (under daily proration the next day). This replaces a change announced for later.',
  effect: 'command',
  roles: customerBilling,
  input: z.object({
    deployment_id: uuid.describe('Deployment that it belongs to.'),
    plan_code: catalogCode.meta({ description: 'Plan to change to.', example: 'pro' }),
    plan_version: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'Version of the plan; the active one by default. Operators only.', example: 2 }),
    ...changeTime,
  }),
  output: subscription,
  refusals: [...changeRefusals, 'plan-not-found', 'currency-mismatch', 'reason-missing'],
});

export const cancelSubscription = defineRequest({
  name: 'subscriptions.cancel',
  service: 'invoicing',
  summary:
    'Cancel a subscription: for tenants with the month or with the trial, for operators also at any instant. A month already invoiced is corrected by a credit note.',
  effect: 'command',
  roles: customerBilling,
  input: z.object({ deployment_id: uuid.describe('Deployment that it belongs to.'), ...changeTime }),
  output: subscription,
  refusals: [...changeRefusals, 'reason-missing'],
});

export const pauseSubscription = defineRequest({
  name: 'subscriptions.pause',
  service: 'invoicing',
  summary: 'Pause a subscription: under daily proration, paused days have no base price and no included quantity.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    deployment_id: uuid.describe('Deployment that it belongs to.'),
    effective_at: instantText
      .optional()
      .meta({ description: 'When the pause starts; now by default.', example: '2026-04-15T00:00:00Z' }),
  }),
  output: subscription,
  refusals: [...changeRefusals, 'already-paused'],
});

export const resumeSubscription = defineRequest({
  name: 'subscriptions.resume',
  service: 'invoicing',
  summary: 'Resume a paused subscription, or withdraw a cancellation that has not taken effect.',
  effect: 'command',
  roles: customerBilling,
  input: z.object({
    deployment_id: uuid.describe('Deployment that it belongs to.'),
    effective_at: instantText
      .optional()
      .meta({ description: 'When the pause ends; now by default. Operators only.', example: '2026-04-20T00:00:00Z' }),
  }),
  output: subscription,
  refusals: [...changeRefusals, 'nothing-to-resume'],
});

export const endTrial = defineRequest({
  name: 'subscriptions.end-trial',
  service: 'invoicing',
  summary: 'Set the end of a trial, from which on the subscription is billed.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    deployment_id: uuid.describe('Deployment that it belongs to.'),
    effective_at: instantText
      .optional()
      .meta({ description: 'When the trial ends; now by default.', example: '2026-04-15T00:00:00Z' }),
  }),
  output: subscription,
  refusals: [...changeRefusals, 'no-trial'],
});

export const attachAddon = defineRequest({
  name: 'subscriptions.attach-addon',
  service: 'invoicing',
  summary: 'Attach an addon at its present price and quantity, at once unless that lowers what the month costs.',
  effect: 'command',
  roles: customerBilling,
  input: z.object({
    deployment_id: uuid.describe('Deployment that it belongs to.'),
    addon_code: catalogCode.meta({ description: 'Code of the addon.', example: 'storage_50gb' }),
    quantity: z.int().min(1).max(1000).default(1).meta({ description: 'How many of the addon.', example: 1 }),
    effective_at: instantText
      .optional()
      .meta({ description: 'When the addon starts; now by default. Operators only.', example: '2026-04-15T00:00:00Z' }),
  }),
  output: subscription,
  refusals: [...changeRefusals, 'addon-not-found', 'currency-mismatch'],
});

export const detachAddon = defineRequest({
  name: 'subscriptions.detach-addon',
  service: 'invoicing',
  summary: 'Detach an attached addon: for tenants with the month, for operators also at any instant.',
  effect: 'command',
  roles: customerBilling,
  input: z.object({
    deployment_id: uuid.describe('Deployment that it belongs to.'),
    addon_id: uuid.describe('Id of the attached addon.'),
    ...changeTime,
  }),
  output: subscription,
  refusals: [...changeRefusals, 'addon-not-found', 'already-ended', 'reason-missing'],
});

export const listSubscriptions = defineRequest({
  name: 'subscriptions.list',
  service: 'invoicing',
  summary: 'List subscriptions, newest first, former ones included.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    deployment: uuid.optional().describe('Only subscriptions of this deployment.'),
    tenant: tenantId
      .optional()
      .meta({ description: 'Only this tenant. Operators only; a tenant sees its own.', example: 'acme' }),
  }),
  output: pageOf(subscription),
  refusals: ['invalid-cursor'],
});
