import { z } from 'zod';
import { moneyReaders } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { countField } from '../fields.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput, pageOf, totalField } from '../page.ts';
import { dayText, periodText } from '../time.ts';

/** Grouping of margins: one row for each value. */
export const marginGrouping = z.enum(['tenant', 'deployment', 'kind', 'plan', 'period']);

/** Revenue, cost and margin of one group; amounts in minor units of the billing currency, without tax. */
export const marginRow = z.object({
  period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
  tenant_id: tenantId
    .nullable()
    .meta({ description: 'Tenant of the row; null: several by this grouping, or none.', example: 'acme' }),
  deployment_id: uuid.nullable().describe('Deployment of the row; null: several by this grouping, or none.'),
  kind: z
    .string()
    .nullable()
    .meta({ description: 'Billing kind of the row; null: several by this grouping.', example: 'droplet_hours' }),
  plan_code: z
    .string()
    .nullable()
    .meta({ description: 'Plan of the row; null: several by this grouping.', example: 'studio' }),
  target: z
    .enum(['customer', 'without_payer', 'operator', 'unallocated', 'provider_tax', 'bill_difference'])
    .describe(
      'Who bears the cost: a customer; no one, because the customer’s deployment had no subscription while it ran (`without_payer`); the operator; no one yet. Or it is the provider’s tax, or what its invoice has beyond its lines until it is reconciled or accepted.',
    ),
  revenue_cents: cents.meta({ description: 'Revenue without tax, in cents of the billing currency.', example: 6422 }),
  cost_cents: cents.nullable().meta({
    description:
      'Cost without tax, in cents of the billing currency; null until the provider’s invoice and its exchange rate are known.',
    example: 3100,
  }),
  margin_cents: cents
    .nullable()
    .meta({ description: 'Revenue minus cost, in cents; null until the cost is known.', example: 3322 }),
  cost_provider_cents: cents.nullable().meta({
    description: 'Cost in cents of the provider’s currency; null until the provider’s invoice is known.',
    example: 2050,
  }),
  margin_percent: decimalText
    .nullable()
    .meta({ description: 'Margin as a percentage of revenue; null without revenue or cost.', example: '51.7' }),
});

/** Filter of the margins. */
export const marginFilter = {
  period: periodText.optional().meta({ description: 'Only this period.', example: '2026-04' }),
  from: periodText.optional().meta({ description: 'First period, inclusive.', example: '2026-01' }),
  to: periodText.optional().meta({ description: 'Last period, inclusive.', example: '2026-04' }),
  group_by: marginGrouping.default('tenant').describe('What each row sums up.'),
  tenant_id: tenantId.optional().meta({ description: 'Only this tenant.', example: 'acme' }),
};

export const getMargin = defineRequest({
  name: 'margin.get',
  service: 'invoicing',
  summary: "List margins: revenue less the provider's cost, both without tax, losses first.",
  effect: 'read',
  roles: moneyReaders,
  input: z.object({
    ...marginFilter,
    limit: countField(1, 200).default(200).meta({ description: 'Rows per page, 1 to 200.', example: 200 }),
    cursor: pageInput.shape.cursor.describe('Where to continue: `next_cursor` of the previous page, unchanged.'),
    total: pageInput.shape.total,
  }),
  output: z.object({
    currency: currencyCode.nullable().meta({
      description: 'Billing currency of the rows; null if there are several or none is known.',
      example: 'AUD',
    }),
    provider_currency: currencyCode
      .nullable()
      .meta({ description: 'Currency of the provider’s invoices; null if none is known.', example: 'USD' }),
    fx: z
      .array(
        z.object({
          period: periodText.meta({
            description: 'Billing period: a calendar month in UTC, `YYYY-MM`.',
            example: '2026-04',
          }),
          from: currencyCode.meta({ description: 'Currency of the provider.', example: 'USD' }),
          to: currencyCode.meta({ description: 'Billing currency.', example: 'AUD' }),
          rate: decimalText.nullable().meta({
            description: 'What one unit of `from` is worth in `to`; null until an operator pins it.',
            example: '1.52',
          }),
        }),
      )
      .describe('The pinned exchange rates by period.'),
    missing_bills: z.array(periodText).meta({
      description: 'Periods without a provider invoice; their cost, and so the total, is not known.',
      example: ['2026-04'],
    }),
    totals: z
      .object({
        revenue_cents: cents.meta({
          description: 'Revenue without tax, in cents of the billing currency.',
          example: 6422,
        }),
        cost_cents: cents.nullable().meta({
          description:
            'Cost without tax, in cents of the billing currency; null until the provider’s invoice and its exchange rate are known.',
          example: 3100,
        }),
        margin_cents: cents
          .nullable()
          .meta({ description: 'Revenue minus cost, in cents; null until the cost is known.', example: 3322 }),
        cost_provider_cents: cents.nullable().meta({
          description: 'Cost in cents of the provider’s currency; null until the provider’s invoice is known.',
          example: 2050,
        }),
      })
      .describe('Sums over all rows, also those of other pages.'),
    other_currencies: z
      .array(
        z.object({
          currency: currencyCode.meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
          revenue_cents: cents.meta({
            description: 'Revenue without tax, in cents of the billing currency.',
            example: 6422,
          }),
        }),
      )
      .describe('Revenue in other currencies, which is not in the rows.'),
    items: z.array(marginRow).describe('The rows, losses first.'),
    next_cursor: z.string().nullable().describe('Send as `cursor` for the next page; null on the last page.'),
    total: totalField,
  }),
  refusals: ['invalid-cursor', 'invalid-range'],
});

const rowMoney = {
  list_cost_cents: cents.nullable().meta({
    description: 'Cost by the provider’s list prices, in cents of `list_currency`; null where a price is not known.',
    example: 600,
  }),
  cost_provider_cents: cents.nullable().meta({
    description: 'Cost in cents of the provider’s currency; null until the provider’s invoice is known.',
    example: 600,
  }),
  cost_cents: cents.nullable().meta({
    description:
      'Cost without tax, in cents of the billing currency; null until the provider’s invoice and its exchange rate are known.',
    example: 912,
  }),
};

/** What a deployment used, or cost, on days without a subscription. */
export const withoutPayerRow = z.object({
  tenant_id: tenantId.meta({ description: 'Tenant of the deployment.', example: 'acme' }),
  deployment_id: uuid.describe('Deployment that ran without a subscription.'),
  name: z.string().meta({ description: 'Name of the deployment.', example: 'Shop' }),
  state: z.string().meta({ description: 'Its state now.', example: 'cancelled' }),
  kind: z.string().meta({
    description: 'Billing kind; of a cost without metered usage, the kind of the provider’s line.',
    example: 'droplet_hours',
  }),
  qty: decimalText.nullable().meta({
    description: 'Quantity used, in the unit of the kind; null: the cost has no metered usage.',
    example: '720',
  }),
  first_day: dayText
    .nullable()
    .meta({ description: 'First UTC day with such usage; null without metered usage.', example: '2026-05-01' }),
  last_day: dayText
    .nullable()
    .meta({ description: 'Last UTC day with such usage; null without metered usage.', example: '2026-05-30' }),
  ...rowMoney,
});

export const listWithoutPayer = defineRequest({
  name: 'margin.list-without-payer',
  service: 'invoicing',
  summary: 'List what deployments used without a subscription, such as cancelled ones that still run, with its cost.',
  effect: 'read',
  roles: moneyReaders,
  input: pageInput.extend({
    period: periodText
      .optional()
      .meta({ description: 'The month; absent: the present one, as far as its usage is known.', example: '2026-05' }),
    tenant_id: tenantId.optional().meta({ description: 'Only this tenant.', example: 'acme' }),
  }),
  output: pageOf(withoutPayerRow).extend({
    period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-05' }),
    currency: currencyCode.nullable().meta({
      description: 'Billing currency of `cost_cents`; null until the provider’s invoice is known.',
      example: 'AUD',
    }),
    provider_currency: currencyCode.nullable().meta({
      description: 'Currency of `cost_provider_cents`; null until the provider’s invoice is known.',
      example: 'USD',
    }),
    list_currency: currencyCode
      .nullable()
      .meta({ description: 'Currency of the provider’s list prices; null if no price is known.', example: 'USD' }),
    totals: z
      .object({
        deployments: z.int().meta({ description: 'Number of deployments, also those of other pages.', example: 1 }),
        ...rowMoney,
        list_cost_cents: cents.meta({
          description:
            'Cost by the provider’s list prices, in cents of `list_currency`, of the rows whose price is known.',
          example: 600,
        }),
      })
      .describe('Sums over all rows, also those of other pages.'),
  }),
  refusals: ['invalid-cursor'],
});

export const getMarginCsv = defineRequest({
  name: 'margin.csv',
  service: 'invoicing',
  summary: 'Export the margins as CSV, safe to open in a spreadsheet.',
  effect: 'read',
  roles: moneyReaders,
  input: z.object(marginFilter),
  output: z.unknown(),
  refusals: ['invalid-range'],
});
