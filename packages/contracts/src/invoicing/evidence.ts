import { z } from 'zod';
import { everyone } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { uuid } from '../ids.ts';
import { json } from '../json.ts';
import { dimension } from '../metering/facts.ts';
import { currencyCode } from '../money.ts';
import { pageInput, totalField } from '../page.ts';
import { instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { billedAmount } from './cost-events.ts';
import { invoiceLine } from './events.ts';

/** A usage fact behind an invoice line. */
export const evidenceFact = z.object({
  period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
  deployment_id: uuid.describe('Deployment that it belongs to.'),
  period_start: instantText.describe('First instant of the day or hour that the fact counts.'),
  period_end: instantText.describe('End of it, exclusive.'),
  granularity: z.enum(['daily', 'hourly']).describe('Whether the usage is counted by day or by hour.'),
  revision: z.int().meta({ description: 'Revision of the fact; the highest one is billed.', example: 1 }),
  event_id: uuid.describe('Id of the event that carried the fact.'),
  stream: z.string().meta({ description: 'JetStream stream that holds the event.', example: 'METERING' }),
  sequence: z.int().meta({ description: 'Its sequence number in the stream.', example: 1042 }),
  lines: z
    .array(
      z.object({
        resource_id: uuid.nullable().describe('Resource that was used; null for reported usage.'),
        resource_name: z
          .string()
          .nullable()
          .meta({ description: 'Name of the resource; null if unknown.', example: 'web-1' }),
        kind: usageKind.meta({ description: 'Billing kind: what is counted and priced.', example: 'droplet_hours' }),
        dimension: dimension.optional(),
        unit_seconds: decimalText.meta({
          description: 'Units multiplied by seconds; divided by `divisor`, the quantity.',
          example: '2592000',
        }),
        divisor: decimalText.meta({
          description: 'Seconds of an hour or of the month; 1 for kinds without time.',
          example: '3600',
        }),
        observation_revisions: z.array(z.int()).describe('Revisions of the resource that were counted.'),
        observations: z.array(json).describe('The observations behind the fact; empty if `has_observations` is false.'),
        reports: z.array(json).describe('The usage reports behind the fact.'),
      }),
    )
    .describe('What the fact counts, by resource and kind.'),
});

/** A line of the provider's bill behind an invoice line. */
export const evidenceBillLine = billedAmount.omit({ deployment_id: true }).extend({
  invoice_uuid: z
    .string()
    .meta({ description: 'The provider’s id of its invoice.', example: '22737513-0ea7-4206-8ceb-98a575af7681' }),
  invoice_number: z
    .string()
    .nullable()
    .meta({ description: 'The provider’s invoice number; null if not given.', example: '509486121' }),
  currency: currencyCode.meta({ description: 'Currency of the amount, an ISO 4217 code.', example: 'USD' }),
});

export const getLineEvidence = defineRequest({
  name: 'invoices.evidence',
  service: 'invoicing',
  summary:
    'Get the evidence of an invoice line: its terms, the usage facts and the observations behind them, and the lines of the provider’s bill that it passes through.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    invoice_id: uuid.describe('Id of the invoice.'),
    line_id: uuid.describe('Id of the invoice line.'),
  }),
  output: z.object({
    invoice_id: uuid.describe('Id of the invoice.'),
    line: invoiceLine.describe('The invoice line.'),
    terms: json.describe('The subscription terms by which the line was priced.'),
    has_observations: z
      .boolean()
      .describe('False: metering did not answer in time, so the facts come without their observations.'),
    bill_lines: z
      .array(evidenceBillLine)
      .describe(
        'The lines of the provider’s bill that the line passes through, as they are known now: the first 200 by invoice and number; empty for any other line.',
      ),
    bill_line_count: z.int().min(0).meta({ description: 'Number of these lines.', example: 1 }),
    items: z.array(evidenceFact).describe('The items of this page.'),
    next_cursor: z.string().nullable().describe('Send as `cursor` for the next page; null on the last page.'),
    total: totalField,
  }),
  refusals: ['not-found', 'invalid-cursor'],
});
