import { z } from 'zod';
import { customerCare, everyone } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { dimension } from '../metering/facts.ts';
import { cents, currencyCode } from '../money.ts';
import { observedUsages } from '../resource-kinds/derived.ts';
import { dayText, instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { invoiceLine } from './events.ts';
import { catalogCode, unsignedDecimal } from './fields.ts';

/** A line as priced, before there is an invoice. */
export const ratedLine = invoiceLine.omit({ line_id: true });

/** Usage that nothing is billed for, and why. */
export const unbilledUsage = z.object({
  deployment_id: uuid.describe('Deployment that used it.'),
  kind: usageKind.meta({ description: 'Billing kind: what is counted and priced.', example: 'droplet_hours' }),
  reason: z
    .enum(['no_subscription', 'trial', 'no_price', 'no_list_price', 'no_rate', 'no_bill'])
    .describe(
      'Why it is not billed: no subscription, within a trial, neither the plan nor a fallback price covers the kind, the provider’s list price of the size is unknown, no exchange rate is pinned for it, or the provider’s bill that decides it is not known yet.',
    ),
  dimensions: z
    .array(dimension)
    .optional()
    .meta({ description: 'The sizes that were used, where the usage has them.', example: ['s-2vcpu-4gb'] }),
  qty: decimalText.meta({ description: 'Quantity in the unit of the kind.', example: '24' }),
  days: z
    .array(
      z.object({
        from: dayText.meta({ description: 'First day, inclusive.', example: '2026-04-01' }),
        until: dayText.meta({ description: 'Day after the last day.', example: '2026-04-15' }),
      }),
    )
    .describe('The UTC days on which it was used.'),
});

/** A priced quote. */
export const priced = z.object({
  currency: currencyCode.meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
  lines: z.array(ratedLine).describe('The lines as they would be invoiced.'),
  unbilled: z.array(unbilledUsage).describe('Usage that would not be billed, with the reason.'),
  subtotal_cents: cents.meta({ description: 'Sum of the lines without tax, in cents.', example: 6422 }),
  tax_cents: cents.meta({ description: 'Tax in cents.', example: 642 }),
  total_cents: cents.meta({ description: 'Total with tax, in cents.', example: 7064 }),
  rating_version: z.string().meta({ description: 'Version of the rating function that computed it.', example: '1' }),
  input_hash: z.string().describe('SHA-256 of everything that the rating function read, in hex.'),
  output_hash: z.string().describe('SHA-256 of what the rating function returned, in hex.'),
});

const planned = {
  count: z.int().min(0).max(10_000),
  gigabytes: unsignedDecimal,
};

type Planned = (typeof observedUsages)[number];

/** A number of resources or gigabytes; of a kind whose price may depend on the size also by size: `{"s-2vcpu-4gb": 2}`. */
const plannedField = ({ dimension: word, quote: { of, description, example } }: Planned) =>
  word === undefined
    ? planned[of].optional().meta({ description, example })
    : z
        .union([planned[of], z.record(dimension, planned[of])])
        .optional()
        .meta({ description: `${description} Or by ${word}: \`{"s-2vcpu-4gb": 2}\`.`, example });

/** A planned deployment that runs all month: one field for each metered kind of resource. Sizes are in GB. */
export const deploymentSpec = z.object(
  Object.fromEntries(observedUsages.map((usage) => [usage.quote.field, plannedField(usage)] as const)),
);

/** A quote as it was given. */
export const quote = priced.extend({
  quote_id: uuid.describe('Id of the quote.'),
  tenant_id: tenantId.nullable().meta({
    description: 'Tenant that was quoted; null if the quote is for no tenant in particular.',
    example: 'acme',
  }),
  period: periodText.meta({ description: 'Month that is priced.', example: '2026-05' }),
  plan_code: catalogCode.meta({ description: 'Code of the plan.', example: 'studio' }),
  plan_version: z.int().meta({ description: 'Version of the plan.', example: 2 }),
  usage: z
    .array(
      z.object({
        kind: usageKind.meta({ description: 'Billing kind: what is counted and priced.', example: 'droplet_hours' }),
        dimension: dimension.optional(),
        qty: decimalText.meta({
          description: 'Expected quantity of the month, in the unit of the kind.',
          example: '800',
        }),
      }),
    )
    .describe('Expected usage of the month by kind.'),
  valid_until: dayText.meta({ description: 'Last UTC day on which the quote can be used.', example: '2026-05-01' }),
  is_valid: z.boolean().describe('True: the quote can be used today.'),
  created_at: instantText.describe('When the quote was made.'),
});

export const createQuote = defineRequest({
  name: 'quotes.create',
  service: 'invoicing',
  summary: 'Quote a month on a plan, from expected usage or from a planned deployment.',
  effect: 'command',
  roles: customerCare,
  input: z.object({
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
        }),
      )
      .max(50)
      .default([])
      .describe('Addons to quote.'),
    period: periodText.optional().meta({
      description: 'Month to price, with its real number of hours; next month by default.',
      example: '2026-05',
    }),
    usage: z
      .array(
        z.object({
          kind: usageKind.meta({ description: 'Billing kind: what is counted and priced.', example: 'droplet_hours' }),
          dimension: dimension.optional(),
          qty: unsignedDecimal.meta({
            description: 'Expected quantity of the month, in the unit of the kind.',
            example: '800',
          }),
        }),
      )
      .max(100)
      .default([])
      .describe('Expected usage of the month by kind.'),
    spec: deploymentSpec
      .partial()
      .optional()
      .describe('What will run all month, instead of or in addition to `usage`.'),
    tenant_id: tenantId
      .optional()
      .meta({ description: 'Tenant whose tax and currency apply. Operators only.', example: 'acme' }),
    valid_days: z
      .int()
      .min(1)
      .max(365)
      .default(30)
      .meta({ description: 'Days for which the quote is valid; more than 30 for operators only.', example: 30 }),
  }),
  output: quote,
  refusals: [
    'plan-not-found',
    'addon-not-found',
    'currency-mismatch',
    'forbidden',
    'unknown-kind',
    'unknown-dimension',
    'unknown-tenant',
    'amount-out-of-range',
  ],
});

const quoteName = z.object({ quote_id: uuid.describe('Id of the quote.') });

export const getQuotePdf = defineRequest({
  name: 'quotes.pdf',
  service: 'invoicing',
  summary: 'Download a quote as PDF.',
  effect: 'read',
  roles: everyone,
  input: quoteName,
  output: z.unknown(),
  refusals: ['not-found'],
});

export const getQuote = defineRequest({
  name: 'quotes.get',
  service: 'invoicing',
  summary: 'Get a quote as it was given.',
  effect: 'read',
  roles: everyone,
  input: quoteName,
  output: quote,
  refusals: ['not-found'],
});
