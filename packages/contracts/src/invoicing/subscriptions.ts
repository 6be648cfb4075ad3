import { z } from 'zod';
import { everyone, operators } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { proration } from './events.ts';
import { catalogCode } from './fields.ts';

/** Status of a subscription. */
export const subscriptionStatus = z.enum(['scheduled', 'trial', 'active', 'paused', 'cancelled']);

/** A subscription of a deployment to a plan, with its addons and pauses. */
export const subscription = z.object({
  subscription_id: uuid,
  deployment_id: uuid,
  tenant_id: tenantId,
  status: subscriptionStatus,
  revision: z.int(),
  plan_code: catalogCode,
  plan_version: z.int(),
  base_price_cents: cents,
  currency: currencyCode,
  proration,
  starts_at: instantText,
  ends_at: instantText.nullable(),
  trial_ends_at: instantText.nullable(),
  current_period_start: instantText,
  current_period_end: instantText,
  plans: z.array(z.object({ effective_at: instantText, plan_code: catalogCode, plan_version: z.int() })),
  pauses: z.array(z.object({ from: instantText, until: instantText.nullable() })),
  addons: z.array(
    z.object({
      addon_id: uuid,
      addon_code: catalogCode,
      kind: usageKind,
      qty: decimalText,
      price_cents: cents,
      quantity: z.int(),
      starts_at: instantText,
      ends_at: instantText.nullable(),
    }),
  ),
});

/** When a change takes effect: now, or with the next calendar month. An operator may name any instant instead. */
const changeTime = { when: z.enum(['now', 'period_end']).default('now'), effective_at: instantText.optional() };

const changeRefusals = ['not-found', 'not-subscribed', 'forbidden', 'invalid-time', 'subscription-changed'] as const;

export const subscribe = defineRequest({
  name: 'subscriptions.subscribe',
  service: 'invoicing',
  summary: 'Subscribe a deployment to a plan. A deployment has one subscription at a time; former ones are kept.',
  effect: 'command',
  roles: everyone,
  input: z.object({
    deployment_id: uuid,
    plan_code: catalogCode,
    /** The active version unless told; only operators may tell. */
    plan_version: z.int().min(1).optional(),
    addons: z
      .array(
        z.object({
          addon_code: catalogCode,
          quantity: z.int().min(1).max(1000).default(1),
          /** Only operators: the subscription's start and end unless told. */
          starts_at: instantText.optional(),
          ends_at: instantText.optional(),
        }),
      )
      .max(50)
      .default([]),
    /** Only operators: any instant; now unless told. */
    starts_at: instantText.optional(),
    ends_at: instantText.optional(),
    trial_ends_at: instantText.optional(),
    /** The quote it follows from: the plan is the quoted version, and so are the addons, unless others are named. */
    quote_id: uuid.optional(),
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
  ],
});

export const changePlan = defineRequest({
  name: 'subscriptions.change-plan',
  service: 'invoicing',
  summary:
    'Move a subscription to another plan, now or with the next month. This replaces a change announced for later.',
  effect: 'command',
  roles: everyone,
  input: z.object({
    deployment_id: uuid,
    plan_code: catalogCode,
    plan_version: z.int().min(1).optional(),
    ...changeTime,
  }),
  output: subscription,
  refusals: [...changeRefusals, 'plan-not-found', 'currency-mismatch'],
});

export const cancelSubscription = defineRequest({
  name: 'subscriptions.cancel',
  service: 'invoicing',
  summary: 'Cancel a subscription, now or with the month. A month already invoiced is corrected by a credit note.',
  effect: 'command',
  roles: everyone,
  input: z.object({ deployment_id: uuid, ...changeTime }),
  output: subscription,
  refusals: changeRefusals,
});

export const pauseSubscription = defineRequest({
  name: 'subscriptions.pause',
  service: 'invoicing',
  summary: 'Pause a subscription: under daily proration, paused days have no base price and no included quantity.',
  effect: 'command',
  roles: operators,
  input: z.object({ deployment_id: uuid, effective_at: instantText.optional() }),
  output: subscription,
  refusals: [...changeRefusals, 'already-paused'],
});

export const resumeSubscription = defineRequest({
  name: 'subscriptions.resume',
  service: 'invoicing',
  summary: 'Resume a paused subscription, or withdraw a cancellation that has not taken effect.',
  effect: 'command',
  roles: everyone,
  input: z.object({ deployment_id: uuid, effective_at: instantText.optional() }),
  output: subscription,
  refusals: [...changeRefusals, 'nothing-to-resume'],
});

export const endTrial = defineRequest({
  name: 'subscriptions.end-trial',
  service: 'invoicing',
  summary: 'Set the end of a trial, from which on the subscription is billed.',
  effect: 'command',
  roles: operators,
  input: z.object({ deployment_id: uuid, effective_at: instantText.optional() }),
  output: subscription,
  refusals: [...changeRefusals, 'no-trial'],
});

export const attachAddon = defineRequest({
  name: 'subscriptions.attach-addon',
  service: 'invoicing',
  summary: 'Attach an addon at its present price and quantity.',
  effect: 'command',
  roles: everyone,
  input: z.object({
    deployment_id: uuid,
    addon_code: catalogCode,
    quantity: z.int().min(1).max(1000).default(1),
    effective_at: instantText.optional(),
  }),
  output: subscription,
  refusals: [...changeRefusals, 'addon-not-found', 'currency-mismatch'],
});

export const detachAddon = defineRequest({
  name: 'subscriptions.detach-addon',
  service: 'invoicing',
  summary: 'Detach an attached addon, now or with the month.',
  effect: 'command',
  roles: everyone,
  input: z.object({ deployment_id: uuid, addon_id: uuid, ...changeTime }),
  output: subscription,
  refusals: [...changeRefusals, 'addon-not-found'],
});

export const listSubscriptions = defineRequest({
  name: 'subscriptions.list',
  service: 'invoicing',
  summary: 'List subscriptions, newest first, former ones included.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({ deployment: uuid.optional(), tenant: tenantId.optional() }),
  output: pageOf(subscription),
  refusals: ['invalid-cursor'],
});
