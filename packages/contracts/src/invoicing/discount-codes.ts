import { z } from 'zod';
import { customerBilling, moneyStaff, staff } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { tenantId } from '../ids.ts';
import { currencyCode, knownCurrency } from '../money.ts';
import { pageInput, pageOf, searchField } from '../page.ts';
import { instantText } from '../time.ts';
import { discount, discountRule, discountTarget, enteredRule } from './own-terms.ts';

const codeText = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{2,39}$/, 'a code of 3 to 40 letters, digits, - and _, such as SPRING25')
  .meta({ description: 'The code, in any case.', example: 'SPRING25' });

/** A discount that a code gives. */
export const discountCode = z.object({
  code: z.string().meta({ description: 'The code.', example: 'SPRING25' }),
  ...discountRule,
  currency: currencyCode.nullable().describe('Currency of `amount_cents`; null for a percentage.'),
  months: z
    .int()
    .nullable()
    .meta({ description: 'For how many months a redemption holds; null: without end.', example: 3 }),
  is_redeemable: z.boolean().describe('True: tenants may redeem it themselves; false: an operator grants it.'),
  tenants: z
    .array(tenantId)
    .nullable()
    .meta({ description: 'Tenants that it is for; null: all.', example: ['acme'] }),
  redeemable_from: instantText.nullable().describe('From when on it can be redeemed; null: from the start.'),
  redeemable_until: instantText.nullable().describe('Until when it can be redeemed, exclusive; null: without end.'),
  max_redemptions: z
    .int()
    .nullable()
    .meta({ description: 'How many tenants it is given to at most; null: no limit.', example: 100 }),
  redemptions: z.int().meta({ description: 'How many tenants it was given to.', example: 12 }),
  created_at: instantText.describe('When it was created.'),
  ended_at: instantText.nullable().describe('When it was ended; null: it was not.'),
});

export const createDiscountCode = defineRequest({
  name: 'discount-codes.create',
  service: 'invoicing',
  summary: 'Create a code that gives a discount. Its terms do not change; what it gave stays when it is ended.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    code: codeText,
    ...enteredRule,
    name: discountRule.name,
    on: discountTarget,
    currency: knownCurrency
      .optional()
      .meta({ description: 'Currency of `amount_cents`; AUD by default.', example: 'AUD' }),
    months: z.int().min(1).max(120).optional().meta({
      description: 'For how many months a redemption holds; without end by default.',
      example: 3,
    }),
    is_redeemable: z
      .boolean()
      .default(true)
      .describe('True: tenants may redeem it themselves; false: an operator grants it.'),
    tenants: z
      .array(tenantId)
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'Tenants that it is for; all by default.', example: ['acme'] }),
    redeemable_from: instantText.optional().describe('From when on it can be redeemed.'),
    redeemable_until: instantText.optional().describe('Until when it can be redeemed, exclusive.'),
    max_redemptions: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'How many tenants it is given to at most; no limit by default.', example: 100 }),
  }),
  output: discountCode,
  refusals: ['code-exists', 'invalid-term', 'unknown-kind', 'plan-not-found', 'unknown-tenant'],
});

export const listDiscountCodes = defineRequest({
  name: 'discount-codes.list',
  service: 'invoicing',
  summary: 'List discount codes with their limits and redemptions.',
  effect: 'read',
  roles: staff,
  input: pageInput.extend({
    q: searchField('Only codes that, or whose name, contain this text, upper or lower case.'),
  }),
  output: pageOf(discountCode),
  refusals: ['invalid-cursor'],
});

export const getDiscountCode = defineRequest({
  name: 'discount-codes.get',
  service: 'invoicing',
  summary: 'Get a discount code with its limits and redemptions.',
  effect: 'read',
  roles: staff,
  input: z.object({ code: codeText }),
  output: discountCode,
  refusals: ['code-not-found'],
  isVersioned: true,
  unversioned: ['redemptions'],
});

export const endDiscountCode = defineRequest({
  name: 'discount-codes.end',
  service: 'invoicing',
  summary: 'End a discount code: it is given no more. Discounts that it gave stay.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({ code: codeText }),
  output: discountCode,
  refusals: ['code-not-found', 'already-ended'],
  edits: edited(getDiscountCode, ['code']),
});

export const redeemDiscountCode = defineRequest({
  name: 'discount-codes.redeem',
  service: 'invoicing',
  summary:
    'Redeem a discount code. It holds from the current month on if that costs no less by it so far, otherwise from the next month on.',
  effect: 'command',
  roles: customerBilling,
  input: z.object({
    code: codeText,
    tenant_id: tenantId.optional().meta({
      description: 'Tenant to redeem for. Required for operators; a tenant redeems for itself.',
      example: 'acme',
    }),
  }),
  output: discount,
  refusals: [
    'not-found',
    'tenant-missing',
    'code-not-found',
    'code-used-up',
    'already-redeemed',
    'currency-mismatch',
    'too-many-terms',
  ],
});
