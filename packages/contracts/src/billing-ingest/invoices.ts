import { z } from 'zod';
import { moneyReaders } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput, pageOf, sortField } from '../page.ts';
import { instantText, periodText } from '../time.ts';
import { allocationTarget } from './allocation.ts';
import { invoiceUuid, periodOrDate } from './fields.ts';

/** Status of a provider invoice. */
export const invoiceStatus = z.enum(['discovered', 'reconciled', 'unreconciled', 'refused', 'accepted']);

/** A line of the CSV, or of the items, that could not be understood; `line` counts from 1, the header included. */
export const fileFault = z.object({
  line: z.int().min(0).meta({ description: 'Line of the file, from 1 with the header.', example: 7 }),
  column: z
    .string()
    .nullable()
    .meta({ description: 'Column of the file; null if the whole line is concerned.', example: 'amount' }),
  problem: z.string().describe('What could not be read.'),
});

/** A provider invoice without its lines. */
export const providerInvoice = z.object({
  provider: z.string().meta({ description: 'Name of the cloud provider.', example: 'digitalocean' }),
  invoice_uuid: z
    .string()
    .meta({ description: 'The provider’s id of the invoice.', example: '22737513-0ea7-4206-8ceb-98a575af7681' }),
  invoice_number: z
    .string()
    .nullable()
    .meta({ description: 'The provider’s invoice number; null if not given.', example: '509486121' }),
  period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
  currency: currencyCode.meta({ description: 'Currency of the amounts, an ISO 4217 code.', example: 'USD' }),
  status: invoiceStatus.describe(
    '`discovered`: not read yet; `reconciled`: header, CSV and items agree to the cent; `unreconciled`: they differ; `accepted`: an operator accepted that; `refused`: its file could not be read.',
  ),
  revision: z
    .int()
    .min(0)
    .meta({ description: 'Counts the readings that changed something; 0 before the first.', example: 1 }),
  amount_net_minor: cents
    .nullable()
    .meta({ description: 'Net amount in cents of the provider’s currency; null before it is read.', example: 51200 }),
  amount_tax_minor: cents.nullable().meta({ description: 'Tax in cents; null before it is read.', example: 0 }),
  amount_gross_minor: cents
    .nullable()
    .meta({ description: 'Net amount plus tax, in cents; null before it is read.', example: 51200 }),
  totals: z
    .object({
      header_minor: cents.nullable().meta({ description: 'Total of the invoice list, in cents.', example: 51200 }),
      csv_minor: cents.nullable().meta({ description: 'Sum of the CSV, in cents.', example: 51200 }),
      items_minor: cents.nullable().meta({ description: 'Sum of the items, in cents.', example: 51200 }),
    })
    .describe('The three totals that must agree to the cent; null where one could not be read.'),
  explained_minor: cents.meta({
    description:
      'Part of `header_minor` that only the summary of the invoice has, in cents: overages, taxes and credits. Each is added as a line.',
    example: 0,
  }),
  difference_minor: cents.nullable().meta({
    description:
      'Largest minus smallest of the three totals, `header_minor` less `explained_minor`, in cents; 0 if they agree, null before they are read.',
    example: 0,
  }),
  lines: z.int().min(0).meta({ description: 'Number of lines.', example: 120 }),
  matched: z.int().min(0).meta({ description: 'Number of lines with a matched resource.', example: 118 }),
  discovered_at: instantText.describe('When the invoice was first seen.'),
  ingested_at: instantText.nullable().describe('When it was read; null before.'),
  finance: z
    .object({
      state: z
        .enum(['not_configured', 'held', 'pending', 'pushed'])
        .describe('`held`: not pushed until it is reconciled or accepted.'),
      finance_invoice_id: z
        .string()
        .nullable()
        .meta({ description: 'Id in the finance system; null before it is pushed.', example: 'fin_0007' }),
      pushed_to_finance_at: instantText.nullable().describe('When it was pushed; null before.'),
    })
    .describe('Its state in the finance system.'),
});

/** The acceptance of an invoice whose totals differ. */
export const acceptance = z.object({
  by: z.string().meta({ description: 'Subject of the person or service that accepted it.', example: 'olivia' }),
  at: instantText.describe('When it was accepted.'),
  reason: z.string().meta({ description: 'Reason given.', example: 'promotional credit, confirmed by support' }),
});

export const listProviderInvoices = defineRequest({
  name: 'provider-invoice.list',
  service: 'billing-ingest',
  summary: "List the provider's invoices, newest period first.",
  effect: 'read',
  roles: moneyReaders,
  input: pageInput.extend({
    status: invoiceStatus.optional().describe('Only invoices with this status.'),
    period: periodOrDate
      .optional()
      .meta({ description: 'Only invoices of this period: a month, or any date in it.', example: '2026-04' }),
    sort: sortField(['period', 'status', 'discovered_at', 'amount_gross_minor']),
  }),
  output: pageOf(providerInvoice),
  refusals: ['invalid-cursor'],
});

export const summarizeProviderInvoices = defineRequest({
  name: 'provider-invoice.summarize',
  service: 'billing-ingest',
  summary: 'Count provider invoices by status, with the newest period.',
  effect: 'read',
  roles: moneyReaders,
  input: z.object({}),
  output: z.object({
    statuses: z
      .array(
        z.object({
          status: invoiceStatus.describe('Status of the invoices.'),
          invoices: z.int().min(1).meta({ description: 'Invoices with this status.', example: 6 }),
        }),
      )
      .describe('Invoices by status; a status without any is left out.'),
    newest_period: periodText
      .nullable()
      .meta({ description: 'Period of the newest invoice; null: there is none.', example: '2026-03' }),
  }),
  refusals: [],
});

export const getProviderInvoice = defineRequest({
  name: 'provider-invoice.get',
  service: 'billing-ingest',
  summary:
    'Get a provider invoice with its evidence, its allocation and the faults that keep it from being reconciled.',
  effect: 'read',
  roles: moneyReaders,
  input: z.object({
    invoice_uuid: invoiceUuid.meta({
      description: 'The provider’s id of the invoice.',
      example: '22737513-0ea7-4206-8ceb-98a575af7681',
    }),
  }),
  output: providerInvoice.extend({
    fx: z
      .object({
        to: currencyCode.meta({ description: 'Billing currency.', example: 'AUD' }),
        rate: decimalText.meta({
          description: 'What one unit of the provider’s currency is worth in it.',
          example: '1.52',
        }),
      })
      .nullable()
      .describe('Exchange rate into the billing currency; null until an operator pins it.'),
    evidence: z
      .object({
        media_type: z.string().meta({ description: 'Media type of the file.', example: 'text/csv' }),
        bytes: z.int().meta({ description: 'Size of the file in bytes.', example: 48211 }),
        sha256: z.string().describe('SHA-256 of the file, in hex.'),
        received_at: instantText.describe('When the file was received.'),
        lines: z
          .int()
          .nullable()
          .meta({ description: 'Lines of the file; null if it could not be read.', example: 121 }),
      })
      .nullable()
      .describe('The stored CSV file; null before it is read.'),
    accepted: acceptance
      .nullable()
      .describe('Who accepted the difference of its totals; null unless its status is `accepted`.'),
    faults: z.array(fileFault).describe('Why the CSV was refused; nothing of a refused file is used.'),
    by_kind: z
      .array(
        z.object({
          kind: z.string().meta({ description: 'Kind of resource.', example: 'droplet' }),
          lines: z.int().meta({ description: 'Number of lines.', example: 120 }),
          matched: z.int().meta({ description: 'Number of lines with a matched resource.', example: 118 }),
          amount_cents: cents.meta({ description: 'Sum in cents of the provider’s currency.', example: 51200 }),
        }),
      )
      .describe('Sums by kind.'),
    by_reason: z
      .array(
        z.object({
          reason: z.string().meta({ description: 'Why they were not matched.', example: 'account_level' }),
          lines: z.int().meta({ description: 'Number of lines.', example: 120 }),
          amount_cents: cents.meta({ description: 'Sum in cents of the provider’s currency.', example: 51200 }),
        }),
      )
      .describe('Sums of unmatched lines by reason.'),
    allocated: z
      .array(
        z.object({
          target: allocationTarget.describe('Who pays.'),
          tenant_id: tenantId.nullable().meta({
            description: 'Tenant that pays; null for the operator and for unallocated cost.',
            example: 'acme',
          }),
          deployment_id: uuid.nullable().describe('Deployment that pays; null if it is not for one deployment.'),
          amount_cents: cents.meta({ description: 'Sum in cents of the provider’s currency.', example: 51200 }),
        }),
      )
      .describe('Sums by who pays: the 500 largest. The cost lines have every share.'),
    allocated_count: z.int().meta({ description: 'Number of all who pay a part of it.', example: 12 }),
  }),
  refusals: ['not-found'],
  isVersioned: true,
  unversioned: ['finance'],
});

export const getInvoiceCsv = defineRequest({
  name: 'provider-invoice.csv',
  service: 'billing-ingest',
  summary: 'Download the CSV of a provider invoice, byte for byte as the provider sent it.',
  effect: 'read',
  roles: moneyReaders,
  input: z.object({
    invoice_uuid: invoiceUuid.meta({
      description: 'The provider’s id of the invoice.',
      example: '22737513-0ea7-4206-8ceb-98a575af7681',
    }),
  }),
  output: z.unknown(),
  refusals: ['not-found'],
});

export const getInvoicePreview = defineRequest({
  name: 'provider-invoice-preview.get',
  service: 'billing-ingest',
  summary: "Get the provider's month-to-date preview. It is replaced each day and never part of an invoice.",
  effect: 'read',
  roles: moneyReaders,
  input: z.object({}),
  output: z.object({
    provider: z.string().meta({ description: 'Name of the cloud provider.', example: 'digitalocean' }),
    period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
    invoice_uuid: z
      .string()
      .meta({ description: 'The provider’s id of the invoice.', example: '22737513-0ea7-4206-8ceb-98a575af7681' }),
    currency: currencyCode.meta({ description: 'Currency of the amounts, an ISO 4217 code.', example: 'USD' }),
    amount: decimalText.meta({ description: 'Amount as the provider states it, in its currency.', example: '512.00' }),
    updated_at: instantText.nullable().describe('When the provider last updated the preview; null if not given.'),
    fetched_at: instantText.describe('When it was read from the provider.'),
    lines: z.int().meta({ description: 'Number of lines.', example: 120 }),
    by_kind: z
      .array(
        z.object({
          kind: z.string().meta({ description: 'Kind of resource.', example: 'droplet' }),
          lines: z.int().meta({ description: 'Number of lines.', example: 120 }),
          matched: z.int().meta({ description: 'Number of lines with a matched resource.', example: 118 }),
          amount: decimalText.meta({
            description: 'Amount as the provider states it, in its currency.',
            example: '512.00',
          }),
        }),
      )
      .describe('Sums by kind.'),
  }),
  refusals: ['not-found'],
});
