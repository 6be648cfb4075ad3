import { z } from 'zod';
import { moneyReaders } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText, periodText } from '../time.ts';

const money = {
  list_cost_cents: cents.nullable().meta({
    description:
      'What the provider’s list prices make of its usage so far, in cents of `list_currency`; null where a price is not known.',
    example: 600,
  }),
  earned_cents: cents.nullable().meta({
    description:
      'Its share of the invoice lines of its usage, less credits and without tax, in cents of `currency`; null while the month is not invoiced.',
    example: 672,
  }),
};

/** What a resource cost and earned in a month, by billing kind. */
export const resourceEarnings = z.object({
  resource_id: uuid.nullable().describe('The resource; null: reported usage, which is of no resource.'),
  kind: z.string().meta({ description: 'Billing kind: what is counted and priced.', example: 'droplet_hours' }),
  qty: decimalText.meta({ description: 'Quantity used, in the unit of the kind.', example: '720' }),
  ...money,
});

export const listResourceEarnings = defineRequest({
  name: 'margin.list-resources',
  service: 'invoicing',
  summary:
    'List what each resource of a deployment costs by list prices and earned in a month, by billing kind: its running cost, and its shares of the invoice lines.',
  effect: 'read',
  roles: moneyReaders,
  input: pageInput.extend({
    deployment_id: uuid.describe('The deployment.'),
    period: periodText
      .optional()
      .meta({ description: 'The month; absent: the present one, as far as its usage is known.', example: '2026-04' }),
    resource_id: uuid.optional().describe('Only this resource.'),
  }),
  output: pageOf(resourceEarnings).extend({
    period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
    deployment_id: uuid.describe('The deployment.'),
    usage_until: instantText
      .nullable()
      .describe('End of the last day or hour of the tenant whose usage is known; null: none is.'),
    currency: currencyCode.nullable().meta({
      description: 'Billing currency of `earned_cents`; null while the month is not invoiced.',
      example: 'AUD',
    }),
    list_currency: currencyCode
      .nullable()
      .meta({ description: 'Currency of the provider’s list prices; null if no price is known.', example: 'USD' }),
    totals: z
      .object({
        list_cost_cents: cents.meta({
          description: 'Cost by list prices of the rows whose price is known, in cents of `list_currency`.',
          example: 600,
        }),
        unpriced: z.int().min(0).meta({ description: 'Number of rows whose list price is not known.', example: 0 }),
        earned_cents: money.earned_cents,
        whole_cents: cents.nullable().meta({
          description:
            'What the invoice charges for the deployment as a whole and for no usage, without tax: the price of its plan, addons, discounts and the like; null while the month is not invoiced.',
          example: 4900,
        }),
      })
      .describe('Sums over all rows with these filters, also those of other pages.'),
  }),
  refusals: ['not-found', 'invalid-cursor'],
});
