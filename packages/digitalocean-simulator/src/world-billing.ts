import { z } from 'zod';
import { decimal, instant, month, reference, uuid } from './world-fields.ts';

const invoiceItem = z.strictObject({
  product: z.string(),
  description: z.string().default(''),
  group_description: z.string().default(''),
  amount: decimal,
  duration: decimal.optional().describe('Hours, or the number of backups; empty when absent.'),
  duration_unit: z.string().default('Hours').describe('Unit of the duration, such as `Days`; only on the JSON item.'),
  start_time: instant.optional().describe("Default: start of the invoice's month."),
  end_time: instant.optional().describe("Default: end of the invoice's month."),
  resource: reference.optional().describe('Provider id shown on the JSON item (never in the CSV).'),
  project_name: z.string().default(''),
  category: z.string().default('iaas'),
});

/** An invoice of the provider. Its amount is the sum of the items unless given. */
export const invoice = z.strictObject({
  uuid: uuid.optional(),
  id: z.string().optional().describe('The number printed on it.'),
  period: month,
  amount: decimal.optional().describe('The amount in the header. Default: the sum of the items and of `summary_only`.'),
  summary_only: z
    .strictObject({
      overages: decimal.default('0'),
      taxes: decimal.default('0'),
      credits_and_adjustments: decimal.default('0').describe('Credits are negative.'),
    })
    .optional()
    .describe('Amounts that only the summary of the invoice has, not its items and its CSV.'),
  bills_usage: z
    .boolean()
    .optional()
    .describe(
      'Charges what existed in the month at list prices, in lines before the items, and ten per cent GST in a line after them: droplets with their backups, volumes, snapshots, unassigned reserved IPs, load balancers and the Spaces subscription.',
    ),
  header_difference: decimal
    .optional()
    .describe('Added to the amount in the header alone, so that the invoice does not add up.'),
  issued_at: instant.optional().describe('Listed from then on. Default: 01:00Z on the first day after the month.'),
  paid: z.boolean().default(true).describe('Whether a payment follows in the billing history.'),
  items: z.array(invoiceItem).default([]),
  csv: z.string().optional().describe('The CSV file, word for word. Default: made from the items.'),
  csv_category: z.boolean().default(true).describe('Nine columns, or the older eight without `category`.'),
});

export const invoicePreview = z.strictObject({
  uuid: uuid.optional(),
  bills_usage: z.boolean().optional().describe('Charges what existed in the month so far, as an invoice does.'),
  items: z.array(invoiceItem).default([]),
});

export const billingHistoryEntry = z.strictObject({
  description: z.string(),
  amount: decimal,
  type: z.string().default('Payment'),
  date: instant,
  invoice_id: z.string().optional(),
  invoice_uuid: z.string().optional(),
});

export type InvoiceItem = z.output<typeof invoiceItem>;
export type Invoice = z.output<typeof invoice>;
