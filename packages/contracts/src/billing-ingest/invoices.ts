import { z } from 'zod';
import { operators } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText, periodText } from '../time.ts';
import { allocationTarget } from './allocation.ts';
import { invoiceUuid, periodOrDate } from './fields.ts';

/** Status of a provider invoice. */
export const invoiceStatus = z.enum(['discovered', 'reconciled', 'unreconciled', 'refused']);

/** A line of the CSV, or of the items, that could not be understood; `line` counts from 1, the header included. */
export const fileFault = z.object({ line: z.int().min(0), column: z.string().nullable(), problem: z.string() });

/** A provider invoice without its lines. */
export const providerInvoice = z.object({
  provider: z.string(),
  invoice_uuid: z.string(),
  invoice_number: z.string().nullable(),
  period: periodText,
  currency: currencyCode,
  status: invoiceStatus,
  revision: z.int().min(0),
  amount_net_minor: cents.nullable(),
  amount_tax_minor: cents.nullable(),
  amount_gross_minor: cents.nullable(),
  /** The three totals that must agree to the cent; null where that form could not be read. */
  totals: z.object({ header_minor: cents.nullable(), csv_minor: cents.nullable(), items_minor: cents.nullable() }),
  /** Largest of the three less the smallest. Zero when all agree. */
  difference_minor: cents.nullable(),
  lines: z.int().min(0),
  matched: z.int().min(0),
  discovered_at: instantText,
  ingested_at: instantText.nullable(),
  finance: z.object({
    state: z.enum(['not_configured', 'held', 'pending', 'pushed']),
    finance_invoice_id: z.string().nullable(),
    pushed_to_finance_at: instantText.nullable(),
  }),
});

export const listProviderInvoices = defineRequest({
  name: 'provider-invoice.list',
  service: 'billing-ingest',
  summary: "List the provider's invoices, newest period first.",
  effect: 'read',
  roles: operators,
  input: pageInput.extend({ status: invoiceStatus.optional(), period: periodOrDate.optional() }),
  output: pageOf(providerInvoice),
  refusals: ['invalid-cursor'],
});

export const getProviderInvoice = defineRequest({
  name: 'provider-invoice.get',
  service: 'billing-ingest',
  summary:
    'Get a provider invoice with its evidence, its allocation and the faults that keep it from being reconciled.',
  effect: 'read',
  roles: operators,
  input: z.object({ invoice_uuid: invoiceUuid }),
  output: providerInvoice.extend({
    fx: z.object({ to: currencyCode, rate: decimalText }).nullable(),
    evidence: z
      .object({
        media_type: z.string(),
        bytes: z.int(),
        sha256: z.string(),
        received_at: instantText,
        lines: z.int().nullable(),
      })
      .nullable(),
    /** Why the CSV (or all of it) was refused; nothing of a refused file is used. */
    faults: z.array(fileFault),
    by_kind: z.array(z.object({ kind: z.string(), lines: z.int(), matched: z.int(), amount_cents: cents })),
    by_reason: z.array(z.object({ reason: z.string(), lines: z.int(), amount_cents: cents })),
    allocated: z.array(
      z.object({
        target: allocationTarget,
        tenant_id: tenantId.nullable(),
        deployment_id: uuid.nullable(),
        amount_cents: cents,
      }),
    ),
  }),
  refusals: ['not-found'],
});

export const getInvoiceCsv = defineRequest({
  name: 'provider-invoice.csv',
  service: 'billing-ingest',
  summary: 'Download the CSV of a provider invoice, byte for byte as the provider sent it.',
  effect: 'read',
  roles: operators,
  input: z.object({ invoice_uuid: invoiceUuid }),
  output: z.unknown(),
  refusals: ['not-found'],
});

export const reingestInvoice = defineRequest({
  name: 'provider-invoice.reingest',
  service: 'billing-ingest',
  summary: 'Fetch an invoice from the provider again. If it changed, its stored lines are replaced as a whole.',
  effect: 'command',
  roles: operators,
  input: z.object({ invoice_uuid: invoiceUuid }),
  output: z.object({ invoice_uuid: z.string(), job: z.string() }),
  refusals: ['not-found'],
});

export const rematchInvoice = defineRequest({
  name: 'provider-invoice.rematch',
  service: 'billing-ingest',
  summary: 'Match and allocate the stored lines of an invoice again, against the present inventory.',
  effect: 'command',
  roles: operators,
  input: z.object({ invoice_uuid: invoiceUuid }),
  output: z.object({ invoice_uuid: z.string(), job: z.string() }),
  refusals: ['not-found', 'not-ingested'],
});

export const discoverInvoices = defineRequest({
  name: 'provider-invoice.discover',
  service: 'billing-ingest',
  summary: 'Discover new provider invoices now instead of at 02:23.',
  effect: 'command',
  roles: operators,
  input: z.object({}),
  output: z.object({ job: z.string() }),
  refusals: [],
});

export const getInvoicePreview = defineRequest({
  name: 'provider-invoice-preview.get',
  service: 'billing-ingest',
  summary: "Get the provider's month-to-date preview. It is replaced each day and never part of an invoice.",
  effect: 'read',
  roles: operators,
  input: z.object({}),
  output: z.object({
    provider: z.string(),
    period: periodText,
    invoice_uuid: z.string(),
    currency: currencyCode,
    amount: decimalText,
    updated_at: instantText.nullable(),
    fetched_at: instantText,
    lines: z.int(),
    by_kind: z.array(z.object({ kind: z.string(), lines: z.int(), matched: z.int(), amount: decimalText })),
  }),
  refusals: ['not-found'],
});
