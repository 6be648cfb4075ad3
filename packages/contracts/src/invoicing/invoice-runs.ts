import { z } from 'zod';
import { moneyReaders, moneyStaff } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { flagField } from '../fields.ts';
import { tenantId, uuid } from '../ids.ts';
import { pageInput, pageOf } from '../page.ts';
import { instantText, periodText } from '../time.ts';

const withoutBillReason = z.string().trim().min(1).max(500).meta({
  description: 'Why the month is invoiced without the provider’s bill. The invoice shows it, also to the tenant.',
  example: 'the provider has closed the account and sends no bill',
});

/** The decision of an operator that a tenant's month does not wait for the provider's bill. */
const billDecision = z.object({
  reason: withoutBillReason,
  decided_by: z.string().meta({ description: 'Subject of the person who decided it.', example: 'user:ada' }),
  decided_at: instantText.describe('When it was decided.'),
});

/** A run that issues the invoices of a period. */
export const invoiceRun = z.object({
  period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
  tenant_id: tenantId.meta({ description: 'Tenant that was invoiced.', example: 'acme' }),
  close_revision: z
    .int()
    .meta({ description: 'Revision of the period’s close that is billed: 1 for the first close.', example: 1 }),
  is_forced: z.boolean().describe('True: requested with `force`.'),
  status: z
    .enum(['queued', 'waiting', 'invoiced', 'reissued', 'unchanged', 'nothing', 'refused', 'failed'])
    .describe(
      '`queued`: has not begun; `waiting`: facts of the close have not all arrived, an exchange rate is not pinned, or the provider’s bill has not arrived or is not reconciled; `nothing`: nothing to bill; `failed`: will be retried and then becomes a dead letter.',
    ),
  detail: z
    .string()
    .nullable()
    .describe('What it waits for, why it was refused or failed, or which usage was not billed; null otherwise.'),
  waits_for: z
    .enum(['facts', 'bill', 'rate'])
    .nullable()
    .optional()
    .describe(
      'What a waiting run waits for: facts of the close, the provider’s bill, or an exchange rate; null otherwise, and absent in the answer of an older release.',
    ),
  without_bill: billDecision
    .nullable()
    .optional()
    .describe(
      'The decision to invoice the month without the provider’s bill; null if there is none, and absent in the answer of an older release.',
    ),
  invoice_id: uuid.nullable().describe('Id of the resulting invoice; null if there is none.'),
  finished_at: instantText.nullable().describe('When it ended; null before.'),
});

export const runInvoices = defineRequest({
  name: 'invoices.run',
  service: 'invoicing',
  summary:
    'Run the invoices of a closed period. `force` closes it again and reissues those that differ and towards which nothing was paid; `without_bill` ends the waiting for a bill of the provider.',
  effect: 'command',
  roles: moneyStaff,
  input: z
    .object({
      period: periodText.meta({ description: 'Closed period to invoice.', example: '2026-04' }),
      tenant_id: tenantId
        .optional()
        .meta({ description: 'Only this tenant; all tenants by default.', example: 'acme' }),
      force: flagField
        .default(false)
        .describe('True: close the period again and reissue invoices that differ and towards which nothing was paid.'),
      without_bill: z
        .object({ reason: withoutBillReason })
        .optional()
        .describe(
          'Invoice the month of `tenant_id`, which waits for the provider’s bill, without it: what the bill charges follows as an adjustment on the next invoice after it is settled. The decision stays, and the first one counts.',
        ),
    })
    .refine(({ force, without_bill }) => !force || without_bill === undefined, {
      path: ['without_bill'],
      message: 'not together with `force`: run the month without the bill first',
    }),
  output: z.object({
    period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
    close_revision: z
      .int()
      .nullable()
      .meta({ description: 'Revision of the close that is invoiced; null while it is not known yet.', example: 1 }),
    tenants: z.array(tenantId).meta({
      description: 'Tenants whose invoices are made: the first 1,000 of them, by id.',
      example: ['acme'],
    }),
    tenant_count: z.int().meta({ description: 'Number of these tenants.', example: 1 }),
  }),
  refusals: [
    'unknown-tenant',
    'tenant-missing',
    'not-waiting-for-bill',
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
  roles: moneyReaders,
  input: pageInput.extend({
    period: periodText.optional().meta({ description: 'Only runs of this period.', example: '2026-04' }),
    tenant_id: tenantId.optional().meta({ description: 'Only runs of this tenant.', example: 'acme' }),
    status: invoiceRun.shape.status.optional().describe('Only runs with this status.'),
  }),
  output: pageOf(invoiceRun),
  refusals: ['invalid-cursor'],
});

export const summarizeInvoiceRuns = defineRequest({
  name: 'invoice-runs.summarize',
  service: 'invoicing',
  summary:
    'Count the invoice runs of the newest close of a period: how many tenants are invoiced, and how many are not yet.',
  effect: 'read',
  roles: moneyReaders,
  input: z.object({
    period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
  }),
  output: z.object({
    period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
    close_revision: z.int().nullable().meta({
      description: 'Revision of the newest close that invoicing has received; null: none.',
      example: 1,
    }),
    tenants: z.int().min(0).meta({ description: 'Tenants that are invoiced for this close.', example: 12 }),
    queued: z.int().min(0).meta({ description: 'Runs that have not begun.', example: 3 }),
    waiting: z
      .int()
      .min(0)
      .meta({ description: 'Runs that wait for facts, an exchange rate or a bill of the provider.', example: 1 }),
    failed: z
      .int()
      .min(0)
      .meta({ description: 'Runs that failed: they are retried and then become dead letters.', example: 0 }),
    finished: z.int().min(0).meta({ description: 'Runs that ended with or without an invoice.', example: 8 }),
    started_at: instantText.nullable().describe('When the first of the runs was queued; null: none has been.'),
    last_finished_at: instantText.nullable().describe('When a run last ended; null: none has.'),
  }),
  refusals: [],
});

/** An invoice or credit note on its way to the finance system. */
export const receivable = z.object({
  document: z.enum(['invoice', 'void', 'credit_note']).describe('What is pushed to the finance system.'),
  document_id: uuid.describe('Id of the invoice or the credit note.'),
  tenant_id: tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' }),
  number: z.string().meta({ description: 'Number of the document.', example: 'INV-2026-000042' }),
  status: z.enum(['pending', 'pushed']).describe('Whether the finance system has it.'),
  attempts: z.int().meta({ description: 'Attempts to push it so far.', example: 1 }),
  last_error: z.string().nullable().describe('Why the last attempt failed; null otherwise.'),
  pushed_at: instantText.nullable().describe('When it was pushed; null before.'),
});

export const listReceivables = defineRequest({
  name: 'receivables.list',
  service: 'invoicing',
  summary: 'List receivables: invoices and credit notes that were or will be pushed to the finance system.',
  effect: 'read',
  roles: moneyReaders,
  input: pageInput.extend({ status: receivable.shape.status.optional().describe('Only documents with this status.') }),
  output: pageOf(receivable),
  refusals: ['invalid-cursor'],
});
