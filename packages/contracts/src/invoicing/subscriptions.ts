import { z } from 'zod';
import { customerBilling, moneyStaff } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { uuid } from '../ids.ts';
import { instantText } from '../time.ts';
import { catalogCode } from './fields.ts';
import { getSubscription, subscription } from './subscription-views.ts';

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
};

/** The same rule for every change by an operator (docs/decisions/0050-a-tenants-change-never-lowers-the-running-month.md). */
const changeReason = {
  reason: z.string().min(1).max(500).optional().meta({
    description:
      'Why the change may lower what the running month, or a month before it, costs. Operators only, and required of them for such a change.',
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
  'reason-missing',
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
    ...changeReason,
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
    'reason-missing',
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
    ...changeReason,
  }),
  output: subscription,
  refusals: [...changeRefusals, 'plan-not-found', 'currency-mismatch'],
  edits: edited(getSubscription, ['deployment_id']),
});

export const cancelSubscription = defineRequest({
  name: 'subscriptions.cancel',
  service: 'invoicing',
  summary:
    'Cancel a subscription: for tenants with the month or with the trial, for operators also at any instant. A month already invoiced is corrected by a credit note.',
  effect: 'command',
  roles: customerBilling,
  input: z.object({ deployment_id: uuid.describe('Deployment that it belongs to.'), ...changeTime, ...changeReason }),
  output: subscription,
  refusals: [...changeRefusals],
  edits: edited(getSubscription, ['deployment_id']),
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
    ...changeReason,
  }),
  output: subscription,
  refusals: [...changeRefusals, 'already-paused'],
  edits: edited(getSubscription, ['deployment_id']),
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
    ...changeReason,
  }),
  output: subscription,
  refusals: [...changeRefusals, 'nothing-to-resume'],
  edits: edited(getSubscription, ['deployment_id']),
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
    ...changeReason,
  }),
  output: subscription,
  refusals: [...changeRefusals, 'no-trial'],
  edits: edited(getSubscription, ['deployment_id']),
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
    ...changeReason,
  }),
  output: subscription,
  refusals: [...changeRefusals, 'addon-not-found', 'currency-mismatch'],
  edits: edited(getSubscription, ['deployment_id']),
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
    ...changeReason,
  }),
  output: subscription,
  refusals: [...changeRefusals, 'addon-not-found', 'already-ended'],
  edits: edited(getSubscription, ['deployment_id']),
});
