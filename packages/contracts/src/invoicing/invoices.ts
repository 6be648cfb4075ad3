import { z } from 'zod';
import { everyone, operators } from '../actor.ts';
import { decimalText } from '../decimal.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { json } from '../json.ts';
import { cents } from '../money.ts';
import { pageInput, pageOf } from '../page.ts';
import { dayText, instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { creditNoteIssued, invoiceLine, tenantInvoice } from './events.ts';
import { enteredDecimal, flag } from './fields.ts';
import { priced, ratedLine, unbilledUsage } from './quotes.ts';

export const invoiceStatus = z.enum(['draft', 'issued', 'paid', 'void']);

export const invoiceView = tenantInvoice.extend({
  number: z.string().nullable(),
  status: invoiceStatus,
  issued_at: instantText.nullable(),
  due_on: dayText.nullable(),
  is_overdue: z.boolean(),
  is_tax_inclusive: z.boolean(),
  credited_cents: cents,
  paid_at: instantText.nullable(),
  payment_reference: z.string().nullable(),
  voided_at: instantText.nullable(),
  void_reason: z.string().nullable(),
  replaced_by: uuid.nullable(),
  finance_invoice_id: z.string().nullable(),
  pushed_to_finance_at: instantText.nullable(),
  /** Usage of the month that nothing is billed for, and why. */
  unbilled: z.array(unbilledUsage),
});

export const invoiceSummary = invoiceView.omit({ lines: true, unbilled: true });

export const listInvoices = defineRequest({
  name: 'invoices.list',
  service: 'invoicing',
  summary: 'List invoices, newest period first.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    tenant: tenantId.optional(),
    period: periodText.optional(),
    status: invoiceStatus.optional(),
    is_overdue: flag.optional(),
  }),
  output: pageOf(invoiceSummary),
  refusals: ['invalid-cursor'],
});

const invoiceName = z.object({ invoice_id: uuid });

export const getInvoice = defineRequest({
  name: 'invoices.get',
  service: 'invoicing',
  summary: 'Get an invoice with its lines and with the usage that was not billed.',
  effect: 'read',
  roles: everyone,
  input: invoiceName,
  output: invoiceView,
  refusals: ['not-found'],
});

export const getInvoicePdf = defineRequest({
  name: 'invoices.pdf',
  service: 'invoicing',
  summary: 'Download an issued invoice as PDF, always the same bytes.',
  effect: 'read',
  roles: everyone,
  input: invoiceName,
  output: z.unknown(),
  refusals: ['not-found', 'not-issued'],
});

export const getInvoiceCsv = defineRequest({
  name: 'invoices.csv',
  service: 'invoicing',
  summary: 'Export the lines of an invoice as CSV, safe to open in a spreadsheet.',
  effect: 'read',
  roles: everyone,
  input: invoiceName,
  output: z.unknown(),
  refusals: ['not-found'],
});

export const previewInvoice = defineRequest({
  name: 'invoices.preview',
  service: 'invoicing',
  summary: "Preview the invoice of the running month: its cost so far, and its cost at the month's end.",
  effect: 'read',
  roles: everyone,
  input: z.object({
    /** Operators name the tenant; a tenant sees its own. */
    tenant: tenantId.optional(),
    deployment: uuid.optional(),
    /** The running month unless told. */
    period: periodText.optional(),
  }),
  output: z.object({
    tenant_id: tenantId,
    period: periodText,
    /** Usage is counted until here. */
    usage_until: instantText,
    so_far: priced,
    forecast: priced,
    /** Corrections of earlier months that the next invoice will bring. */
    pending_adjustments: z.array(ratedLine),
  }),
  refusals: ['not-found', 'tenant-missing', 'amount-out-of-range'],
});

export const evidenceFact = z.object({
  period: periodText,
  deployment_id: uuid,
  period_start: instantText,
  period_end: instantText,
  granularity: z.enum(['daily', 'hourly']),
  revision: z.int(),
  event_id: uuid,
  stream: z.string(),
  sequence: z.int(),
  lines: z.array(
    z.object({
      resource_id: uuid.nullable(),
      resource_name: z.string().nullable(),
      kind: usageKind,
      unit_seconds: decimalText,
      divisor: decimalText,
      observation_revisions: z.array(z.int()),
      observations: z.array(json),
      reports: z.array(json),
    }),
  ),
});

export const getLineEvidence = defineRequest({
  name: 'invoices.evidence',
  service: 'invoicing',
  summary: 'Get the evidence of an invoice line: its terms, the usage facts and the observations behind them.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({ invoice_id: uuid, line_id: uuid }),
  output: z.object({
    invoice_id: uuid,
    line: invoiceLine,
    /** The subscription terms it was priced by. */
    terms: json,
    /** False: metering did not answer in time, so the facts come without their observations. */
    has_observations: z.boolean(),
    items: z.array(evidenceFact),
    next_cursor: z.string().nullable(),
  }),
  refusals: ['not-found', 'invalid-cursor'],
});

export const voidInvoice = defineRequest({
  name: 'invoices.void',
  service: 'invoicing',
  summary: 'Void an unpaid invoice. A run of its period issues a new one.',
  effect: 'command',
  roles: operators,
  input: z.object({ invoice_id: uuid, reason: z.string().min(1).max(500) }),
  output: invoiceView,
  refusals: ['not-found', 'invoice-paid', 'invoice-void', 'adjustment-issued', 'credit-note-issued'],
});

export const payInvoice = defineRequest({
  name: 'invoices.pay',
  service: 'invoicing',
  summary: 'Mark an issued invoice as paid.',
  effect: 'command',
  roles: operators,
  input: z.object({
    invoice_id: uuid,
    reference: z.string().min(1).max(200),
    /** Not before the invoice was issued, and not in the future; now unless told. */
    paid_at: instantText.optional(),
  }),
  output: invoiceView,
  refusals: ['not-found', 'not-issued', 'invoice-void', 'already-paid', 'invalid-time'],
});

export const creditNote = creditNoteIssued.data.extend({
  kind: z.enum(['goodwill', 'correction']),
  finance_credit_id: z.string().nullable(),
});

export const creditInvoice = defineRequest({
  name: 'invoices.credit',
  service: 'invoicing',
  summary: 'Issue a credit note for an issued invoice, whole or by line, never above its remaining amount.',
  effect: 'command',
  roles: operators,
  input: z.object({
    invoice_id: uuid,
    reason: z.string().min(1).max(500),
    /** Net of tax. Left out: all that is left of the invoice. */
    lines: z
      .array(z.object({ line_id: uuid, amount_cents: cents.min(1) }))
      .min(1)
      .max(500)
      .optional(),
  }),
  output: creditNote,
  refusals: ['not-found', 'not-issued', 'invoice-void', 'line-not-found', 'exceeds-invoice', 'nothing-left'],
});

export const listCreditNotes = defineRequest({
  name: 'credit-notes.list',
  service: 'invoicing',
  summary: 'List credit notes, newest first.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({ invoice: uuid.optional(), tenant: tenantId.optional(), period: periodText.optional() }),
  output: pageOf(creditNote),
  refusals: ['invalid-cursor'],
});

export const addManualLine = defineRequest({
  name: 'manual-lines.create',
  service: 'invoicing',
  summary: "Add a one-off line to a tenant's next invoice.",
  effect: 'command',
  roles: operators,
  input: z.object({
    tenant_id: tenantId,
    deployment_id: uuid.optional(),
    description: z.string().min(1).max(200),
    qty: enteredDecimal.default('1'),
    unit: z.string().min(1).max(32).default('piece'),
    unit_price_cents: enteredDecimal,
    /** Of this month's invoice or a later one; the running month unless told. */
    period: periodText.optional(),
  }),
  output: z.object({
    manual_line_id: uuid,
    tenant_id: tenantId,
    period: periodText,
    amount_cents: cents,
    description: z.string(),
  }),
  refusals: ['not-found', 'period-invoiced', 'amount-out-of-range'],
});

export const invoiceRun = z.object({
  period: periodText,
  tenant_id: tenantId,
  close_revision: z.int(),
  is_forced: z.boolean(),
  /** waiting: facts of the manifest have not all arrived. failed: it broke; it is tried again, and then parked. */
  status: z.enum(['waiting', 'invoiced', 'reissued', 'unchanged', 'nothing', 'refused', 'failed']),
  /** What it waits for, why it was refused or failed, or which usage there was that nothing was billed for. */
  detail: z.string().nullable(),
  invoice_id: uuid.nullable(),
  finished_at: instantText.nullable(),
});

export const runInvoices = defineRequest({
  name: 'invoices.run',
  service: 'invoicing',
  summary: 'Run the invoices of a closed period. `force` closes it again and reissues unpaid ones that differ.',
  effect: 'command',
  roles: operators,
  input: z.object({ period: periodText, tenant: tenantId.optional(), force: flag.default(false) }),
  output: z.object({ period: periodText, close_revision: z.int().nullable(), tenants: z.array(tenantId) }),
  refusals: [
    'period-not-closed',
    'period-not-ended',
    'period-incomplete',
    'invoice-paid',
    'adjustment-issued',
    'credit-note-issued',
    'metering-unavailable',
  ],
});

export const listInvoiceRuns = defineRequest({
  name: 'invoice-runs.list',
  service: 'invoicing',
  summary: 'List invoice runs with their results, newest period first.',
  effect: 'read',
  roles: operators,
  input: pageInput.extend({
    period: periodText.optional(),
    tenant: tenantId.optional(),
    status: invoiceRun.shape.status.optional(),
  }),
  output: pageOf(invoiceRun),
  refusals: ['invalid-cursor'],
});

export const receivable = z.object({
  document: z.enum(['invoice', 'void', 'credit_note']),
  document_id: uuid,
  tenant_id: tenantId,
  number: z.string(),
  status: z.enum(['pending', 'pushed']),
  attempts: z.int(),
  last_error: z.string().nullable(),
  pushed_at: instantText.nullable(),
});

export const listReceivables = defineRequest({
  name: 'receivables.list',
  service: 'invoicing',
  summary: 'List receivables: invoices and credit notes that were or will be pushed to the finance system.',
  effect: 'read',
  roles: operators,
  input: pageInput.extend({ status: receivable.shape.status.optional() }),
  output: pageOf(receivable),
  refusals: ['invalid-cursor'],
});
