import { z } from 'zod';
import { Decimal, decimalText } from '../decimal.ts';
import { defineEvent } from '../define.ts';
import { tenantId, token, uuid } from '../ids.ts';
import { currencyCode } from '../money.ts';
import { dayText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { catalogCode, enteredCents, enteredUnitPrice, positiveDecimal } from './fields.ts';
import { priceDimension, taxPolicy } from './terms.ts';

/** How many terms of each kind a tenant has at most, ended ones included. */
export const termsAtMost = 200;

/** Tenant that a term belongs to. */
export const tenantField = tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' });

/** The part of the charges that a discount lowers. */
export const discountTarget = z
  .enum(['plan', 'kind', 'invoice'])
  .describe(
    '`plan`: the base prices of `plan_code`; `kind`: the usage of `kind` above what is included; `invoice`: every charge of the month that earlier discounts left, addons included.',
  );

const percentText = /^\d{1,3}(\.\d{1,6})?$/;
const percentField = decimalText
  .regex(percentText, 'a number from 0 to 100')
  // Also asked about a text that the pattern has refused.
  .refine(
    (text) => !percentText.test(text) || (new Decimal(text).gt(0) && new Decimal(text).lte(100)),
    'above 0 and at most 100',
  )
  .meta({ description: 'Percentage that is taken off; instead of `amount_cents`.', example: '10' });

/** The rule of a discount. */
export const discountRule = {
  name: z
    .string()
    .min(1)
    .max(80)
    .meta({ description: 'Name of the discount as printed on invoices.', example: 'Spring offer' }),
  on: discountTarget,
  plan_code: catalogCode
    .exactOptional()
    .meta({ description: 'Plan whose base price is lowered; only with `on: plan`.', example: 'studio' }),
  kind: usageKind
    .exactOptional()
    .meta({ description: 'Billing kind that is lowered; only with `on: kind`.', example: 'droplet_hours' }),
  percent: percentField.exactOptional(),
  amount_cents: enteredCents.min(1).exactOptional().meta({
    description: 'Amount that is taken off each month, in cents, never more than there is; instead of `percent`.',
    example: 1000,
  }),
};

/** The last month of a discount. */
export const lastPeriod = periodText.nullable().meta({
  description: 'Last month with the discount; null: it has no end. A month before the first: it never holds.',
  example: '2026-12',
});

/** The rule as it is entered: which of its fields there must be depends on the others. */
export const enteredRule = z.object(discountRule).partial().shape;

/** A discount of a tenant. It holds for whole months. */
export const discount = z.object({
  discount_id: uuid.describe('Id of the discount.'),
  number: z
    .int()
    .min(1)
    .meta({ description: 'Counts the terms of the tenant; of two alike the lower one is taken first.', example: 1 }),
  code: z
    .string()
    .nullable()
    .meta({ description: 'The code that was redeemed or granted; null: granted without one.', example: 'SPRING25' }),
  ...discountRule,
  first_period: periodText.meta({ description: 'First month with the discount.', example: '2026-04' }),
  last_period: lastPeriod,
});

/** The days of a term that holds by days. */
export const dayBounds = {
  from: dayText.meta({ description: 'First UTC day on which it holds.', example: '2026-04-01' }),
  until: dayText.nullable().meta({
    description:
      'First UTC day on which it does not hold any more; null: it has no end. The first day: it never holds.',
    example: '2027-04-01',
  }),
};

/** A price of a tenant's own, instead of that of a plan. */
export const priceOverride = z.object({
  override_id: uuid.describe('Id of the price override.'),
  plan_code: catalogCode.meta({ description: 'Plan of which a price is replaced.', example: 'studio' }),
  subscription_id: uuid
    .nullable()
    .describe('Subscription that it is for, before one for all; null: every subscription of the tenant to the plan.'),
  base_price_cents: enteredCents
    .exactOptional()
    .meta({ description: 'Base price of a month in cents; instead of a price of a kind.', example: 4000 }),
  kind: usageKind.exactOptional().meta({
    description: 'Billing kind of which the price above the included quantity is replaced.',
    example: 'droplet_hours',
  }),
  dimension: priceDimension.exactOptional(),
  overage_price_cents: enteredUnitPrice.exactOptional().meta({
    description: 'Price of `overage_unit` units in cents, by the charge model `standard`.',
    example: '0.8',
  }),
  overage_unit: positiveDecimal.exactOptional().meta({
    description: 'How many units the price is for; by default the unit of the plan’s item, else 1.',
    example: '1',
  }),
  ...dayBounds,
});

/** A least amount that a tenant pays for a month. */
export const commitment = z.object({
  commitment_id: uuid.describe('Id of the minimum commitment.'),
  amount_cents: enteredCents.min(1).meta({
    description:
      'What the charges of a month come to at least, in cents before tax, after discounts; for a part of a month by its days.',
    example: 50000,
  }),
  ...dayBounds,
});

/** A list of terms, as long as it may be. */
export const boundedList = <Item extends z.ZodType>(item: Item) => z.array(item).max(termsAtMost);

export const tenantTermsChanged = defineEvent({
  type: 'tenant-terms.changed',
  version: 1,
  stream: 'INVOICING',
  summary: 'All terms that a tenant has of its own, past ones included, as invoices use them from this message on.',
  data: z.object({
    tenant_id: tenantField,
    revision: z.int().min(1).meta({ description: 'Counts the changes from 1; the highest one holds.', example: 3 }),
    currency: currencyCode.meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
    tax: taxPolicy.describe('How the tenant is taxed.'),
    discounts: boundedList(discount).describe('Its discounts.'),
    price_overrides: boundedList(priceOverride).describe('Its own prices of plans.'),
    commitments: boundedList(commitment).describe('Its minimum commitments.'),
    reason: z
      .string()
      .optional()
      .meta({ description: 'Why an operator made the change, where one was given.', example: 'Agreed, ticket 4711' }),
  }),
  subject: (d) => `tenant-terms.changed.${token(d.tenant_id)}`,
  key: (d) => `${d.tenant_id}:${d.revision}`,
});
