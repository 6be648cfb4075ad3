import { z } from 'zod';
import { everyone, moneyStaff } from '../actor.ts';
import { defineRequest, edited } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents } from '../money.ts';
import { pageInput, pageOf, searchField } from '../page.ts';
import { instantText, periodText } from '../time.ts';
import { creditNoteIssued, creditNoteLine } from './events.ts';
import { enteredDecimal } from './fields.ts';
import { getInvoice, invoiceView } from './invoices.ts';

export const voidInvoice = defineRequest({
  name: 'invoices.void',
  service: 'invoicing',
  summary: 'Void an invoice towards which nothing was paid. A run of its period issues a new one.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    invoice_id: uuid.describe('Id of the invoice.'),
    reason: z.string().min(1).max(500).meta({ description: 'Why the invoice is voided.', example: 'wrong address' }),
  }),
  output: invoiceView,
  refusals: ['not-found', 'invoice-paid', 'invoice-void', 'adjustment-issued', 'credit-note-issued'],
  edits: edited(getInvoice, ['invoice_id']),
});

export const payInvoice = defineRequest({
  name: 'invoices.pay',
  service: 'invoicing',
  summary:
    'Record a payment towards an issued invoice, in part or of all that is due. It is paid when nothing is due any more.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    invoice_id: uuid.describe('Id of the invoice.'),
    reference: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: 'Payment reference.', example: 'bank transfer 2026-05-10' }),
    amount_cents: cents.min(1).optional().meta({
      description: 'Paid amount in cents; all that is due by default. More than is due is refused.',
      example: 5000,
    }),
    paid_at: instantText.optional().meta({
      description: 'When it was paid: not before its issue and not in the future; now by default.',
      example: '2026-05-10T00:00:00Z',
    }),
  }),
  output: invoiceView,
  refusals: ['not-found', 'not-issued', 'invoice-void', 'already-paid', 'invalid-time', 'exceeds-due'],
  edits: edited(getInvoice, ['invoice_id']),
});

/** A credit note as it is shown, with its first lines. */
export const creditNote = creditNoteIssued.data.extend({
  lines: z.array(creditNoteLine).describe('The first 50 lines; all of them if `line_count` is not larger.'),
  line_count: z.int().meta({ description: 'Number of all its lines.', example: 3 }),
  kind: z
    .enum(['goodwill', 'correction', 'excess'])
    .describe(
      '`goodwill`: without a change of usage; `correction`: follows from a corrected period; `excess`: what the lines of a month came to below zero.',
    ),
  open_cents: cents.meta({
    description:
      'Neither applied to an invoice nor refunded yet, in cents with tax. It is applied to the next invoice.',
    example: 0,
  }),
  refunded_cents: cents.meta({ description: 'Refunded, in cents with tax.', example: 0 }),
  refunded_at: instantText.nullable().describe('When it was refunded; null otherwise.'),
  refund_reference: z
    .string()
    .nullable()
    .meta({ description: 'Reference of the refund; null without one.', example: 'bank transfer 2026-06-02' }),
  applied_to: z
    .array(
      z.object({
        invoice_id: uuid.describe('Id of the invoice.'),
        number: z.string().meta({ description: 'Number of the invoice.', example: 'INV-000043' }),
        amount_cents: cents.meta({ description: 'Amount by which less is due on it, in cents.', example: 739 }),
      }),
    )
    .describe('The invoices on which it lowers what is due.'),
  finance_credit_id: z
    .string()
    .nullable()
    .meta({ description: 'Id in the finance system; null before it is pushed there.', example: 'fin_cn_0007' }),
});

export const creditInvoice = defineRequest({
  name: 'invoices.credit',
  service: 'invoicing',
  summary: 'Issue a credit note for an issued invoice, whole or by line, never above its remaining amount.',
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    invoice_id: uuid.describe('Id of the invoice.'),
    reason: z
      .string()
      .min(1)
      .max(500)
      .meta({ description: 'Why it is credited, as printed.', example: 'outage on 12 April' }),
    lines: z
      .array(
        z.object({
          line_id: uuid.describe('Id of the invoice line.'),
          amount_cents: cents.min(1).meta({ description: 'Amount to credit without tax, in cents.', example: 1000 }),
        }),
      )
      .min(1)
      .max(500)
      .optional()
      .describe('Amounts to credit by line; by default everything that is left of the invoice.'),
  }),
  output: creditNote,
  refusals: ['not-found', 'not-issued', 'invoice-void', 'line-not-found', 'exceeds-invoice', 'nothing-left'],
  edits: edited(getInvoice, ['invoice_id']),
});

const creditNoteName = z.object({ credit_note_id: uuid.describe('Id of the credit note.') });

export const getCreditNote = defineRequest({
  name: 'credit-notes.get',
  service: 'invoicing',
  summary: 'Get a credit note with its lines, and where it was applied.',
  effect: 'read',
  roles: everyone,
  input: creditNoteName,
  output: creditNote,
  refusals: ['not-found'],
  isVersioned: true,
  unversioned: ['finance_credit_id'],
});

export const getCreditNotePdf = defineRequest({
  name: 'credit-notes.pdf',
  service: 'invoicing',
  summary:
    'Download a credit note (adjustment note) as PDF, with how its credit was used. The same bytes until that changes.',
  effect: 'read',
  roles: everyone,
  input: creditNoteName,
  output: z.unknown(),
  refusals: ['not-found'],
});

export const refundCreditNote = defineRequest({
  name: 'credit-notes.refund',
  service: 'invoicing',
  summary: 'Record that the open amount of a credit note was paid back to the tenant.',
  effect: 'command',
  roles: moneyStaff,
  input: creditNoteName.extend({
    reference: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: 'Reference of the refund.', example: 'bank transfer 2026-06-02' }),
  }),
  output: creditNote,
  refusals: ['not-found', 'nothing-to-refund'],
  edits: edited(getCreditNote, ['credit_note_id']),
});

export const listCreditNotes = defineRequest({
  name: 'credit-notes.list',
  service: 'invoicing',
  summary: 'List credit notes, newest first.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    invoice_id: uuid.optional().describe('Only credit notes of this invoice.'),
    tenant_id: tenantId
      .optional()
      .meta({ description: 'Only this tenant. Operators only; a tenant sees its own.', example: 'acme' }),
    period: periodText
      .optional()
      .meta({ description: 'Only credit notes of invoices of this period.', example: '2026-04' }),
    q: searchField(
      'Only credit notes whose number, tenant, customer or credited deployments contain this text, upper or lower case.',
    ),
  }),
  output: pageOf(creditNote),
  refusals: ['invalid-cursor'],
});

export const listCreditNoteLines = defineRequest({
  name: 'credit-notes.list-lines',
  service: 'invoicing',
  summary: 'List the lines of a credit note in their order.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({ credit_note_id: uuid.describe('Id of the credit note.') }),
  output: pageOf(creditNoteLine),
  refusals: ['not-found', 'invalid-cursor'],
});

export const addManualLine = defineRequest({
  name: 'manual-lines.create',
  service: 'invoicing',
  summary: "Add a one-off line to a tenant's next invoice.",
  effect: 'command',
  roles: moneyStaff,
  input: z.object({
    tenant_id: tenantId.meta({ description: 'Tenant to bill.', example: 'acme' }),
    deployment_id: uuid.optional().describe('Deployment to bill; by default the whole tenant.'),
    description: z
      .string()
      .min(1)
      .max(200)
      .meta({ description: 'Text of the line as printed.', example: 'Migration support' }),
    qty: enteredDecimal.default('1').meta({ description: 'Quantity in `unit`.', example: '2' }),
    unit: z
      .string()
      .min(1)
      .max(32)
      .default('piece')
      .meta({ description: 'Unit of the quantity, as printed.', example: 'hour' }),
    unit_price_cents: enteredDecimal.meta({
      description: 'Price of one unit in cents; negative for a discount.',
      example: '12000',
    }),
    period: periodText.optional().meta({
      description: 'Month on whose invoice the line appears; the current month by default.',
      example: '2026-04',
    }),
  }),
  output: z.object({
    manual_line_id: uuid.describe('Id of the manual line.'),
    tenant_id: tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' }),
    period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
    amount_cents: cents.meta({ description: 'Amount in cents.', example: 1500 }),
    description: z.string().meta({ description: 'Text of the line as printed.', example: 'Migration support' }),
  }),
  refusals: ['not-found', 'unknown-tenant', 'period-invoiced', 'amount-out-of-range'],
});
