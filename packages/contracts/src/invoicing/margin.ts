import { z } from 'zod';
import { moneyReaders } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { countField } from '../fields.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput, totalField } from '../page.ts';
import { periodText } from '../time.ts';

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
    .enum(['customer', 'operator', 'unallocated', 'provider_tax', 'bill_difference'])
    .describe(
      'Who bears the cost: a customer, the operator, no one yet; or it is the provider’s tax, or what its invoice has beyond its lines until it is reconciled or accepted.',
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
