import { z } from 'zod';
import { moneyReaders } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText, periodText } from '../time.ts';
import { allocation } from './allocation.ts';
import { invoiceUuid, periodOrDate } from './fields.ts';

/** A line of a provider invoice, matched and allocated. */
export const costLine = z.object({
  line_no: z.int().min(1).meta({
    description:
      'Number of the line in the invoice, from 1. A line with very many shares comes as several entries, each with the part of its amount that its shares sum up to.',
    example: 1,
  }),
  product: z.string().meta({ description: 'The provider’s product.', example: 'Droplets' }),
  kind: z.string().meta({ description: 'Kind of resource, or `tax`, `account`, `unknown`.', example: 'droplet' }),
  description: z.string().meta({ description: 'The provider’s description.', example: 'web-1 (s-2vcpu-4gb)' }),
  group_description: z.string().describe('The provider’s group, such as a cluster; empty without one.'),
  project_name: z.string().meta({ description: 'The provider’s project; empty without one.', example: 'acme' }),
  hours: decimalText.nullable().meta({
    description: 'Billed hours; null where the provider gives none. For backups, their number.',
    example: '744',
  }),
  start_at: instantText.nullable().describe('Start of the billed span; null if not given.'),
  end_at: instantText.nullable().describe('End of the billed span; null if not given.'),
  amount_cents: cents.meta({
    description: 'Part of the invoice’s total in whole cents of the provider’s currency.',
    example: 2400,
  }),
  is_tax: z.boolean().describe('True: the line is the provider’s tax.'),
  resource_id: uuid.nullable().describe('Matched resource; null if none was found.'),
  unmatched_reason: z
    .enum(['destroyed_before_first_sync', 'tax', 'account_level', 'unknown'])
    .nullable()
    .describe('Why no resource was matched; null if one was.'),
  allocations: z.array(allocation).describe('Who pays the line.'),
});

/** The value by which a line was matched to a resource. */
export const matchedBy = z.enum(['provider_id', 'name']);

/** A cost line as it is listed; its amounts are in the provider's currency. */
export const listedCostLine = costLine.extend({
  invoice_uuid: z
    .string()
    .meta({ description: 'The provider’s id of the invoice.', example: '22737513-0ea7-4206-8ceb-98a575af7681' }),
  period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
  category: z.string().nullable().meta({ description: 'The provider’s category; null if not given.', example: 'iaas' }),
  amount: decimalText.meta({
    description: 'Amount as the provider wrote it; `amount_cents` is its part of the total in whole cents.',
    example: '24.00',
  }),
  currency: currencyCode.meta({ description: 'Currency of the amounts, an ISO 4217 code.', example: 'USD' }),
  provider_resource_id: z
    .string()
    .nullable()
    .meta({ description: 'The provider’s id of the resource; null if not given.', example: '3164494' }),
  matched_by: matchedBy.nullable().describe('How the resource was matched; null if none was.'),
});

const costLineFilter = {
  period: periodOrDate
    .optional()
    .meta({ description: 'Only lines of this period: a month, or any date in it.', example: '2026-04' }),
  kind: z.string().max(64).optional().meta({ description: 'Only lines of this kind.', example: 'droplet' }),
  invoice_uuid: invoiceUuid.optional().describe('Only lines of this provider invoice.'),
  is_matched: z
    .enum(['true', 'false'])
    .optional()
    .describe('Only lines with a matched resource (`true`), or only those without (`false`).'),
  reason: z
    .enum(['destroyed_before_first_sync', 'tax', 'account_level', 'unknown'])
    .optional()
    .describe('Only lines that were not matched for this reason.'),
  resource_id: uuid.optional().describe('Only lines of this resource.'),
  tenant_id: tenantId.optional().meta({ description: 'Only lines that this tenant pays.', example: 'acme' }),
  deployment_id: uuid.optional().describe('Only lines that this deployment pays.'),
};

export const listCostLines = defineRequest({
  name: 'cost-line.list',
  service: 'billing-ingest',
  summary: "List the lines of the provider's invoices with their match and allocation.",
  effect: 'read',
  roles: moneyReaders,
  input: pageInput.extend(costLineFilter),
  output: pageOf(listedCostLine),
  refusals: ['invalid-cursor'],
});

export const exportCostLines = defineRequest({
  name: 'cost-line.export',
  service: 'billing-ingest',
  summary: "Export the lines of the provider's invoices as CSV, one row for each share of a line.",
  effect: 'read',
  roles: moneyReaders,
  input: z.object(costLineFilter),
  output: z.unknown(),
  refusals: [],
});

export const exportFocusCosts = defineRequest({
  name: 'cost-line.focus',
  service: 'billing-ingest',
  summary:
    'Export what the provider charged as cost and usage in the columns of FOCUS 1.4, one row for each share of a line.',
  effect: 'read',
  roles: moneyReaders,
  input: z.object({ period: costLineFilter.period, tenant_id: costLineFilter.tenant_id }),
  output: z.unknown(),
  refusals: [],
});

export const exportFocusCostsParquet = defineRequest({
  name: 'cost-line.focus-parquet',
  service: 'billing-ingest',
  summary: 'Export the same as Parquet: amounts and quantities as decimals with 18 places, tags as JSON.',
  effect: 'read',
  roles: moneyReaders,
  input: exportFocusCosts.input,
  output: z.unknown(),
  refusals: [],
});

const matchCount = z.object({
  lines: z.int().meta({ description: 'Number of lines.', example: 120 }),
  matched: z.int().meta({ description: 'Number of lines with a matched resource.', example: 118 }),
  amount_cents: cents.meta({
    description: 'Sum of the lines in cents of the provider’s currency, without tax.',
    example: 51200,
  }),
  matched_cents: cents.meta({ description: 'Sum of the matched lines in cents.', example: 50900 }),
  rate_by_count: decimalText.nullable().meta({
    description: 'Matched share of the lines, a fraction with six decimals; null without lines.',
    example: '0.983333',
  }),
  rate_by_amount: decimalText.nullable().meta({
    description: 'Matched share of the amount, a fraction with six decimals; null without an amount.',
    example: '0.994141',
  }),
});

export const getMatchRate = defineRequest({
  name: 'cost-line.match-rate',
  service: 'billing-ingest',
  summary: "Get the share of the provider's invoices that is matched to resources, by count and by amount.",
  effect: 'read',
  roles: moneyReaders,
  input: z.object({
    period: periodOrDate
      .optional()
      .meta({ description: 'Only this period: a month, or any date in it.', example: '2026-04' }),
  }),
  output: z.object({
    total: matchCount.describe('Over all lines.'),
    by_period: z
      .array(
        matchCount.extend({
          period: periodText.meta({
            description: 'Billing period: a calendar month in UTC, `YYYY-MM`.',
            example: '2026-04',
          }),
        }),
      )
      .describe('By period.'),
    by_kind: z
      .array(matchCount.extend({ kind: z.string().meta({ description: 'Kind of resource.', example: 'droplet' }) }))
      .describe('By kind.'),
    unmatched: z
      .array(
        z.object({
          reason: z.string().meta({ description: 'Why they were not matched.', example: 'account_level' }),
          lines: z.int().meta({ description: 'Number of lines.', example: 120 }),
          amount_cents: cents.meta({ description: 'Amount in cents.', example: 1500 }),
        }),
      )
      .describe('The lines that were not matched, by reason.'),
    never_listed: z
      .array(
        z.object({
          product: z.string().meta({ description: 'The provider’s product.', example: 'Container Registry' }),
          lines: z.int().meta({ description: 'Number of lines.', example: 3 }),
          amount_cents: cents.meta({ description: 'Amount in cents.', example: 1500 }),
        }),
      )
      .describe(
        'Products of an unknown kind, whose resources inventory-sync never lists: they are neither metered nor compared. The most expensive first, at most 100.',
      ),
  }),
  refusals: [],
});
