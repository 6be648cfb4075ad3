import { z } from 'zod';
import { everyone, moneyReaders, moneyStaff, staff } from '../actor.ts';
import { defineRequest } from '../define.ts';
import { tenantId, uuid } from '../ids.ts';
import { cents, currencyCode } from '../money.ts';
import { pageInput, pageOf, sortField } from '../page.ts';
import { dayText, instantText, periodText } from '../time.ts';
import { billingDetails, billingProfile } from './billing-profiles.ts';

/** The amount due, by its age, in cents with tax. */
export const dueByAge = z.object({
  not_due_cents: cents.meta({ description: 'Its last day for payment has not passed.', example: 7064 }),
  days_1_to_30_cents: cents.meta({ description: 'Overdue for up to 30 days.', example: 0 }),
  days_31_to_60_cents: cents.meta({ description: 'Overdue for 31 to 60 days.', example: 0 }),
  days_61_to_90_cents: cents.meta({ description: 'Overdue for 61 to 90 days.', example: 0 }),
  over_90_days_cents: cents.meta({ description: 'Overdue for more than 90 days.', example: 0 }),
});

/** A tenant with what it owes; amounts are in its own currency, with tax. */
export const tenantAccount = z.object({
  tenant_id: tenantId.meta({ description: 'Id of the tenant.', example: 'acme' }),
  name: z.string().meta({
    description: 'Name as printed on invoices; the id while there is no billing profile.',
    example: 'Acme Pty Ltd',
  }),
  currency: currencyCode.meta({ description: 'Currency of its invoices, an ISO 4217 code.', example: 'AUD' }),
  deployments: z.int().min(0).meta({ description: 'Deployments that are not archived.', example: 2 }),
  invoices: z.int().min(0).meta({ description: 'Invoices that were issued and are not void.', example: 6 }),
  outstanding_cents: cents.meta({
    description: 'Issued, less what was paid and credited, in cents with tax.',
    example: 7064,
  }),
  overdue_cents: cents.meta({ description: 'The part of it that is past its due day, in cents.', example: 0 }),
  due_by_age: dueByAge.describe('The outstanding amount by how long it has been due.'),
  overdue_invoices: z.int().min(0).meta({ description: 'Number of overdue invoices.', example: 0 }),
  balance_cents: cents.meta({
    description:
      'Everything charged less everything paid and credited, in cents with tax; negative: the tenant has credit.',
    example: 7064,
  }),
});

export const createTenant = defineRequest({
  name: 'tenants.create',
  service: 'invoicing',
  summary:
    'Create a tenant with the details of its billing. Every other request that names a tenant needs one that exists.',
  effect: 'command',
  roles: moneyStaff,
  input: z.strictObject({
    tenant_id: tenantId
      .refine((id) => id.trim() === id, 'without spaces at its beginning and its end')
      .meta({
        description: "Id of the tenant, the `tenant_id` of its users' tokens. It never changes.",
        example: 'acme',
      }),
    ...billingDetails,
    name: z.string().min(1).max(200).meta({
      description: 'Name of the customer as printed on invoices.',
      example: 'Acme Pty Ltd',
    }),
  }),
  output: billingProfile,
  refusals: ['already-exists'],
});

export const listTenants = defineRequest({
  name: 'tenants.list',
  service: 'invoicing',
  summary: 'List tenants by id, with what each owes.',
  effect: 'read',
  roles: staff,
  input: pageInput.extend({
    q: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .meta({ description: 'Part of the id or of the name, in any case.', example: 'acme' }),
    is_overdue: z
      .enum(['true', 'false'])
      .optional()
      .describe('Only tenants with an overdue invoice (`true`), or only the others (`false`).'),
    sort: sortField(['tenant_id', 'name', 'outstanding_cents', 'overdue_cents', 'balance_cents']),
  }),
  output: pageOf(tenantAccount),
  refusals: ['invalid-cursor'],
});

const tenantName = z.object({ tenant_id: tenantId.meta({ description: 'Id of the tenant.', example: 'acme' }) });

export const getTenant = defineRequest({
  name: 'tenants.get',
  service: 'invoicing',
  summary: 'Get a tenant with its balance.',
  effect: 'read',
  roles: everyone,
  input: tenantName,
  output: tenantAccount,
  refusals: ['not-found'],
});

/** A document or payment on a tenant's account. */
export const statementEntry = z.object({
  kind: z
    .enum(['invoice', 'void', 'credit_note', 'payment', 'refund'])
    .describe(
      'What changed the balance: an invoice, its voiding, a credit note, a payment or the refund of a credit note.',
    ),
  at: instantText.describe('When it was issued, voided or paid.'),
  document_id: uuid.describe('Id of the invoice, of the credit note or of the payment.'),
  invoice_id: uuid
    .nullable()
    .describe('Id of the invoice that it is or concerns; null for a credit note without an invoice.'),
  number: z.string().meta({ description: 'Number of the document.', example: 'INV-000042' }),
  period: periodText.meta({ description: 'Billing period of the invoice.', example: '2026-04' }),
  due_on: dayText.nullable().describe('Last UTC day for payment; null for other entries than invoices.'),
  detail: z
    .string()
    .nullable()
    .meta({ description: 'Payment reference or reason; null: none.', example: 'bank transfer 2026-05-10' }),
  amount_cents: cents.meta({ description: 'Change of the balance, in cents with tax.', example: 7064 }),
  balance_cents: cents.meta({ description: 'Balance after it, in cents.', example: 7064 }),
});

export const getStatement = defineRequest({
  name: 'tenants.statement',
  service: 'invoicing',
  summary:
    "List a tenant's invoices, credit notes and payments, newest first, each with the balance after it. Prepaid credit has a ledger of its own.",
  effect: 'read',
  roles: everyone,
  input: pageInput.extend(tenantName.shape),
  output: pageOf(statementEntry).extend({
    currency: currencyCode.meta({ description: 'Currency of the amounts, an ISO 4217 code.', example: 'AUD' }),
  }),
  refusals: ['not-found', 'invalid-cursor'],
});

export const getStatementPdf = defineRequest({
  name: 'tenants.statement-pdf',
  service: 'invoicing',
  summary:
    'Download a statement of account as PDF: the entries of some months, the balance, what is overdue by age, and prepaid credit with what became of it.',
  effect: 'read',
  roles: everyone,
  input: tenantName.extend({
    from: dayText.optional().meta({
      description: 'First UTC day; by default the first of the month eleven months before the last day.',
      example: '2026-04-01',
    }),
    to: dayText.optional().meta({ description: 'Last UTC day; today by default.', example: '2026-06-30' }),
  }),
  output: z.unknown(),
  refusals: ['not-found', 'invalid-range'],
});

export const getReceivables = defineRequest({
  name: 'receivables.get',
  service: 'invoicing',
  summary: 'Sum the amounts due from all tenants by currency and by age.',
  effect: 'read',
  roles: moneyReaders,
  input: z.object({}),
  output: z.object({
    as_of: dayText.describe('The UTC day on which the ages are counted.'),
    currencies: z
      .array(
        dueByAge.extend({
          currency: currencyCode.meta({ description: 'Currency of the amounts, an ISO 4217 code.', example: 'AUD' }),
          tenants: z.int().meta({ description: 'Tenants that owe something.', example: 3 }),
          invoices: z.int().meta({ description: 'Invoices on which something is due.', example: 4 }),
          total_cents: cents.meta({ description: 'Sum of all ages, in cents.', example: 7064 }),
        }),
      )
      .describe('The sums of each currency in which something is due.'),
  }),
  refusals: [],
});
