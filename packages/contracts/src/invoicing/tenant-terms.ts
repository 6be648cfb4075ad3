import { z } from 'zod';
import { everyone, moneyStaff } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { uuid } from '../ids.ts';
import { currencyCode } from '../money.ts';
import { dayText, instantText, periodText } from '../time.ts';
import {
  boundedList,
  commitment,
  dayBounds,
  discount,
  enteredRule,
  lastPeriod,
  priceOverride,
  tenantField,
} from './own-terms.ts';

/** Who added a term, and who ended it. */
const history = {
  created_at: instantText.describe('When it was added.'),
  created_by: z.string().meta({ description: 'Person who added it.', example: 'operator@example.com' }),
  reason: z.string().nullable().meta({ description: 'Why it was added; null without a reason.', example: 'Agreed' }),
  ended_by: z
    .string()
    .nullable()

    .meta({ description: 'Person who ended it; null: it was not ended.', example: 'operator@example.com' }),
  end_reason: z.string().nullable().describe('Why it was ended; null: it was not.'),
};

/** The terms that a tenant has of its own. */
export const tenantTerms = z.object({
  tenant_id: tenantField,
  revision: z.int().meta({ description: 'Number of changes so far; 0 before the first.', example: 3 }),
  currency: currencyCode.meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
  discounts: boundedList(discount.extend(history)).describe('Its discounts, newest first, ended ones included.'),
  price_overrides: boundedList(priceOverride.extend(history)).describe(
    'Its own prices of plans, newest first, ended ones included.',
  ),
  commitments: boundedList(commitment.extend(history)).describe(
    'Its minimum commitments, newest first, ended ones included.',
  ),
});

export const getTenantTerms = defineRequest({
  name: 'tenant-terms.get',
  service: 'invoicing',
  summary: 'Get the discounts, own prices and minimum commitments of a tenant.',
  effect: 'read',
  roles: everyone,
  input: z.object({ tenant_id: tenantField }),
  output: tenantTerms,
  refusals: ['not-found'],
  isVersioned: true,
});

const reasonField = z
  .string()
  .min(1)
  .max(500)
  .meta({ description: 'Why, in the operator’s words.', example: 'Agreed with the customer, ticket 4711' });

const neededReason = reasonField
  .optional()
  .describe(
    'Why, in the operator’s words. Required where it holds in the running month or before, which it may lower.',
  );

export const addDiscount = defineRequest({
  name: 'tenant-terms.add-discount',
  service: 'invoicing',
  summary: 'Grant a tenant a discount: by a code, or with terms of its own.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    tenant_id: tenantField,
    code: z.string().max(40).optional().meta({
      description:
        'Code whose terms are granted; then only `first_period`, `last_period` and `reason` are given beside it.',
      example: 'SPRING25',
    }),
    ...enteredRule,
    first_period: periodText
      .optional()
      .meta({ description: 'First month with the discount; the current month by default.', example: '2026-04' }),
    last_period: lastPeriod.optional(),
    reason: neededReason,
  }),
  output: tenantTerms,
  refusals: [
    'not-found',
    'invalid-term',
    'too-many-terms',
    'unknown-kind',
    'plan-not-found',
    'code-not-found',
    'code-used-up',
    'already-redeemed',
    'currency-mismatch',
    'reason-missing',
  ],
  edits: edited(getTenantTerms, ['tenant_id']),
});

const enteredUntil = dayBounds.until.optional();
const enteredFrom = dayText.meta({
  description: 'First UTC day on which it holds; a day in the past corrects invoiced months.',
  example: '2026-04-01',
});

export const addPriceOverride = defineRequest({
  name: 'tenant-terms.add-price-override',
  service: 'invoicing',
  summary: 'Give a tenant, or one subscription, its own base price or unit price of a plan.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    tenant_id: tenantField,
    plan_code: priceOverride.shape.plan_code,
    subscription_id: uuid
      .optional()
      .describe('Subscription that it is for; by default every one of the tenant to the plan.'),
    ...priceOverride
      .pick({ base_price_cents: true, kind: true, dimension: true, overage_price_cents: true, overage_unit: true })
      .partial().shape,
    from: enteredFrom,
    until: enteredUntil,
    reason: neededReason,
  }),
  output: tenantTerms,
  refusals: [
    'not-found',
    'invalid-term',
    'too-many-terms',
    'term-overlaps',
    'unknown-kind',
    'unknown-dimension',
    'plan-not-found',
    'reason-missing',
  ],
  edits: edited(getTenantTerms, ['tenant_id']),
});

export const addCommitment = defineRequest({
  name: 'tenant-terms.add-commitment',
  service: 'invoicing',
  summary: 'Agree with a tenant on a least amount for each month.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    tenant_id: tenantField,
    amount_cents: commitment.shape.amount_cents,
    from: enteredFrom,
    until: enteredUntil,
    reason: reasonField.optional(),
  }),
  output: tenantTerms,
  refusals: ['not-found', 'invalid-term', 'too-many-terms', 'term-overlaps'],
  edits: edited(getTenantTerms, ['tenant_id']),
});

export const endTenantTerm = defineRequest({
  name: 'tenant-terms.end',
  service: 'invoicing',
  summary:
    'End a discount, a price override or a minimum commitment of a tenant. What has ended cannot be ended again.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    tenant_id: tenantField,
    term_id: uuid.describe('Id of the discount, the price override or the minimum commitment.'),
    last_period: periodText.optional().meta({
      description: 'Of a discount: its last month; the current month by default.',
      example: '2026-06',
    }),
    until: dayText.optional().meta({
      description: 'Of the others: the first day on which it does not hold any more; today by default.',
      example: '2026-07-01',
    }),
    reason: reasonField,
  }),
  output: tenantTerms,
  refusals: ['not-found', 'invalid-term', 'already-ended'],
  edits: edited(getTenantTerms, ['tenant_id']),
});
