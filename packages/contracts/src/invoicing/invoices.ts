import { z } from 'zod';
import { everyone } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { flagField } from '../fields.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents } from '../money.ts';
import { pageInput, pageOf, searchField, sortField } from '../page.ts';
import { dayText, instantText, periodText } from '../time.ts';
import { invoiceLine, tenantInvoice } from './events.ts';
import { priced, ratedLine, unbilledUsage } from './quotes.ts';

/** Status of a tenant invoice. */
export const invoiceStatus = z.enum(['draft', 'issued', 'paid', 'void']);

/** An invoice with its first lines, as it is shown. */
export const invoiceView = tenantInvoice.extend({
  lines: z
    .array(invoiceLine)
    .describe('The first lines, tax lines included; all of them if `lines_next_cursor` is null.'),
  line_count: z.int().meta({ description: 'Number of all its lines, tax lines included.', example: 7 }),
  lines_next_cursor: z
    .string()
    .nullable()
    .describe('Send as `cursor` to `/invoices/{invoice_id}/lines` for the following lines; null if all are shown.'),
  number: z.string().nullable().meta({
    description: 'Invoice number, without gaps in each series; null for a draft.',
    example: 'INV-2026-000042',
  }),
  status: invoiceStatus.describe('Status of the invoice.'),
  issued_at: instantText.nullable().describe('When it was issued; null for a draft.'),
  due_on: dayText
    .nullable()
    .meta({ description: 'Last UTC day for payment; null for a draft.', example: '2026-05-15' }),
  is_overdue: z.boolean().describe('True: issued, not paid, and past its due day.'),
  is_tax_inclusive: z.boolean().describe('True: the prices of the lines include tax.'),
  credited_cents: cents.meta({ description: 'Sum of its credit notes with tax, in cents.', example: 0 }),
  applied_credit_cents: cents.meta({
    description: 'Credit that lowers what is due, of its own credit notes and of others, in cents with tax.',
    example: 0,
  }),
  paid_cents: cents.meta({ description: 'Sum of the payments that were recorded, in cents.', example: 0 }),
  amount_due_cents: cents.meta({
    description: 'Still to be paid, in cents; 0 for a draft and after payment.',
    example: 7064,
  }),
  paid_at: instantText.nullable().describe('When nothing was due on it any more; null before, and when it is void.'),
  payment_reference: z.string().nullable().meta({
    description: 'Reference of the payment; without a payment, what settled it; null before, and when it is void.',
    example: 'bank transfer 2026-05-10',
  }),
  voided_at: instantText.nullable().describe('When it was voided; null otherwise.'),
  void_reason: z.string().nullable().describe('Why it was voided; null otherwise.'),
  replaced_by: uuid.nullable().describe('Id of the invoice that replaces it; null if none does.'),
  without_bill_reason: z.string().optional().meta({
    description:
      'Only on an invoice that was made although the provider’s bill was not known: why. What the bill charges follows as an adjustment on a later invoice.',
    example: 'the provider has closed the account and sends no bill',
  }),
  replaces: uuid.nullable().describe('Id of the void invoice that it replaces; null if there is none.'),
  finance_invoice_id: z
    .string()
    .nullable()
    .meta({ description: 'Id in the finance system; null before it is pushed there.', example: 'fin_0042' }),
  pushed_to_finance_at: instantText.nullable().describe('When it was pushed to the finance system; null before.'),
  unbilled: z
    .array(unbilledUsage)
    .describe('Usage of the period that is not billed, with the reason; all of it if `unbilled_next_cursor` is null.'),
  unbilled_next_cursor: z
    .string()
    .nullable()
    .describe('Send as `cursor` to `/invoices/{invoice_id}/unbilled` for the following usage; null if all is shown.'),
});

/** An invoice without its lines. */
export const invoiceSummary = invoiceView.omit({
  lines: true,
  line_count: true,
  lines_next_cursor: true,
  unbilled: true,
  unbilled_next_cursor: true,
});

export const listInvoices = defineRequest({
  name: 'invoices.list',
  service: 'invoicing',
  summary: 'List invoices, newest period first.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    tenant_id: tenantId
      .optional()
      .meta({ description: 'Only this tenant. Operators only; a tenant sees its own.', example: 'acme' }),
    period: periodText.optional().meta({ description: 'Only invoices of this period.', example: '2026-04' }),
    number: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .meta({ description: 'Only the invoice with this number, in any case.', example: 'INV-000042' }),
    q: searchField('Only invoices with this text in the number, tenant, customer or a billed deployment, in any case.'),
    status: invoiceStatus.optional().describe('Only invoices with this status.'),
    is_overdue: flagField.optional().describe('Only overdue invoices (`true`), or only the others (`false`).'),
    sort: sortField(['period', 'number', 'due_on', 'total_cents', 'tenant_id']),
  }),
  output: pageOf(invoiceSummary),
  refusals: ['invalid-cursor'],
});

const invoiceName = z.object({ invoice_id: uuid.describe('Id of the invoice.') });

export const getInvoice = defineRequest({
  name: 'invoices.get',
  service: 'invoicing',
  summary: 'Get an invoice with its first lines and the first of the usage that was not billed.',
  effect: 'read',
  roles: everyone,
  input: invoiceName.extend({
    limit: pageInput.shape.limit.default(200).meta({ description: 'Lines to show at most, 1 to 200.', example: 200 }),
  }),
  output: invoiceView,
  refusals: ['not-found'],
  isVersioned: true,
});

export const listInvoiceLines = defineRequest({
  name: 'invoices.list-lines',
  service: 'invoicing',
  summary: 'List the lines of an invoice in their order, tax lines included.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    ...invoiceName.shape,
    deployment_id: uuid.optional().describe('Only lines that charge this deployment.'),
  }),
  output: pageOf(invoiceLine),
  refusals: ['not-found', 'invalid-cursor'],
});

export const listUnbilled = defineRequest({
  name: 'invoices.list-unbilled',
  service: 'invoicing',
  summary: 'List the usage of the month of an invoice that was not billed, with the reason.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend(invoiceName.shape),
  output: pageOf(unbilledUsage),
  refusals: ['not-found', 'invalid-cursor'],
});

export const getInvoicePdf = defineRequest({
  name: 'invoices.pdf',
  service: 'invoicing',
  summary:
    'Download an invoice as PDF: as it was issued, with a notice of its present state. The same bytes until that state changes.',
  effect: 'read',
  roles: everyone,
  input: invoiceName,
  output: z.unknown(),
  refusals: ['not-found'],
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

const focusCharges = z.object({
  period: periodText.optional().meta({ description: 'Only this month; all months by default.', example: '2026-04' }),
  tenant_id: tenantId.optional().meta({ description: 'Only this tenant; a tenant sees its own.', example: 'acme' }),
});

export const exportFocusCharges = defineRequest({
  name: 'invoices.focus',
  service: 'invoicing',
  summary:
    'Export the lines of issued invoices and credit notes as cost and usage in the columns of FOCUS 1.4; a tenant its own, operators all.',
  effect: 'read',
  roles: everyone,
  input: focusCharges,
  output: z.unknown(),
  refusals: [],
});

export const exportFocusChargesParquet = defineRequest({
  name: 'invoices.focus-parquet',
  service: 'invoicing',
  summary: 'Export the same as Parquet: amounts and quantities as decimals with 18 places, tags as JSON.',
  effect: 'read',
  roles: everyone,
  input: focusCharges,
  output: z.unknown(),
  refusals: [],
});

const previewName = z.object({
  tenant_id: tenantId
    .optional()
    .meta({ description: 'Tenant to preview. Required for operators; a tenant sees its own.', example: 'acme' }),
  deployment_id: uuid.optional().describe('Only this deployment.'),
  period: periodText
    .optional()
    .meta({ description: 'Month to preview; the current month by default.', example: '2026-04' }),
});

/** A rating of a month with its first lines. */
const previewed = priced.extend({
  total_cents: cents.meta({
    description: 'Sum of the lines with tax, in cents. Below zero nothing is payable: see `credited_cents`.',
    example: 7064,
  }),
  payable_cents: cents.min(0).meta({
    description:
      'What an invoice of these lines asks for, in cents with tax, less paid credit; 0 if the lines come to less than zero.',
    example: 7064,
  }),
  prepaid_cents: cents.min(0).meta({
    description: 'Of the total, what paid credit of the tenant pays, in cents.',
    example: 0,
  }),
  credited_cents: cents.min(0).meta({
    description: 'What is credited instead, in cents with tax, if the lines come to less than zero.',
    example: 0,
  }),
  lines: z.array(ratedLine).describe('The first lines as they would be invoiced.'),
  line_count: z.int().meta({ description: 'Number of all its lines.', example: 7 }),
  unbilled: z.array(unbilledUsage).describe('The first of the usage that would not be billed, with the reason.'),
  unbilled_count: z.int().meta({ description: 'Number of all entries of usage that would not be billed.', example: 0 }),
});

export const previewInvoice = defineRequest({
  name: 'invoices.preview',
  service: 'invoicing',
  summary: "Preview the invoice of the running month: its cost so far, and its cost at the month's end.",
  effect: 'read',
  roles: everyone,
  input: previewName.extend({
    limit: pageInput.shape.limit
      .default(100)
      .meta({ description: 'Lines to show at most of each list, 1 to 200.', example: 100 }),
  }),
  output: z.object({
    tenant_id: tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' }),
    period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
    usage_until: instantText.describe(
      "Usage is counted up to this instant: the end of the tenant's last day with usage.",
    ),
    usage_known_until: instantText
      .nullable()
      .describe(
        'Usage of the month is known up to this instant, of whatever tenant; later usage is not metered yet. Null: none is known.',
      ),
    so_far: previewed.describe('What the month costs up to `usage_until`.'),
    forecast: previewed.describe('What the month will cost if usage continues as it is now.'),
    pending_adjustments: z
      .array(ratedLine)
      .describe('The first corrections of earlier months that the next invoice will contain.'),
    pending_adjustment_count: z.int().meta({ description: 'Number of all these corrections.', example: 0 }),
  }),
  refusals: ['not-found', 'tenant-missing', 'amount-out-of-range'],
});

export const listPreviewLines = defineRequest({
  name: 'invoices.list-preview-lines',
  service: 'invoicing',
  summary: 'List the lines of a preview in the order of the invoice.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    ...previewName.shape,
    of: z
      .enum(['so_far', 'forecast', 'pending_adjustments'])
      .default('so_far')
      .describe('The lines of the cost so far, of the forecast, or of the corrections of earlier months.'),
  }),
  output: pageOf(ratedLine),
  refusals: ['not-found', 'tenant-missing', 'amount-out-of-range', 'invalid-cursor'],
});

export const listPreviewUnbilled = defineRequest({
  name: 'invoices.list-preview-unbilled',
  service: 'invoicing',
  summary: 'List the usage that an invoice of the month would not bill, with the reason.',
  effect: 'read',
  roles: everyone,
  input: pageInput.extend({
    ...previewName.shape,
    of: z
      .enum(['so_far', 'forecast'])
      .default('so_far')
      .describe('The usage so far, or the usage that is expected for the whole month.'),
  }),
  output: pageOf(unbilledUsage),
  refusals: ['not-found', 'tenant-missing', 'amount-out-of-range', 'invalid-cursor'],
});
