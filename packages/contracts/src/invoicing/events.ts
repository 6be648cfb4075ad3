import { z } from 'zod';
import { decimalText } from '../decimal.ts';
import { defineEvent } from '../define.ts';
import { tenantId, token, uuid } from '../ids.ts';
import { jsonObject } from '../json.ts';
import { cents, currencyCode } from '../money.ts';
import { dayText, instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';
import { alertCrossed } from './alert-events.ts';
import { billingProfileChanged } from './billing-profiles.ts';
import { billedAmountsChanged, exchangeRateChanged, listPriceChanged, providerBillChanged } from './cost-events.ts';
import { tenantTermsChanged, termsAtMost } from './own-terms.ts';
import { paymentRecorded } from './payments.ts';
import { prepaidCreditChanged, prepaidDraw } from './prepaid-credits.ts';
import { proofChanged } from './proofs.ts';
import { tenantCreated } from './tenant-events.ts';
import { fallbackPrice, priceItem, proration, providerBill, taxPolicy } from './terms.ts';

export const subscriptionChanged = defineEvent({
  type: 'subscription.changed',
  version: 1,
  stream: 'INVOICING',
  summary:
    'A subscription from `effective_at` on, with all its terms. At any instant the highest revision in effect holds; a change that takes effect before an announced later one publishes that later one again.',
  data: z.object({
    subscription_id: uuid.describe('Id of the subscription.'),
    deployment_id: uuid.describe('Deployment that it belongs to.'),
    tenant_id: tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' }),
    revision: z.int().min(1).meta({ description: 'Counts the changes from 1; the highest one holds.', example: 3 }),
    status: z.enum(['trial', 'active', 'paused', 'cancelled']).describe('What holds from `effective_at` on.'),
    effective_at: instantText.describe('When these terms take effect.'),
    starts_at: instantText.meta({ description: 'When it starts, RFC 3339 in UTC.', example: '2026-04-01T00:00:00Z' }),
    ends_at: instantText.nullable().describe('When it ends, exclusive; null while it has no end.'),
    trial_ends_at: instantText
      .nullable()
      .describe('When the trial ends, exclusive: no usage or base price is billed before; null without a trial.'),
    plan: z
      .object({
        code: z.string().meta({ description: 'Code of the plan.', example: 'studio' }),
        name: z.string().meta({ description: 'Name as printed on invoices.', example: 'Studio' }),
        version: z.int().min(1).meta({ description: 'Version of the plan, from 1.', example: 2 }),
        base_price_cents: cents.meta({
          description: 'Price of a month before usage, in cents without tax (with tax, if prices are tax-inclusive).',
          example: 4900,
        }),
        currency: currencyCode.meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
        proration: proration.describe(
          '`daily`: base price and included quantities count by the days in force; `none`: a started month counts whole.',
        ),
        provider_bill: providerBill.exactOptional(),
        items: z.array(priceItem).describe('How each kind, or size of it, is priced.'),
      })
      .describe('The terms of the plan version.'),
    addons: z
      .array(
        z.object({
          addon_id: uuid.describe('Id of the attached addon; one code can be attached several times.'),
          code: z.string().meta({ description: 'Code of the addon.', example: 'storage_50gb' }),
          kind: usageKind.meta({
            description: 'Billing kind of which the addon includes more.',
            example: 'spaces_gb_month',
          }),
          qty: decimalText.meta({
            description: 'Quantity that one addon adds to the included quantity of a month.',
            example: '50',
          }),
          price_cents: cents.meta({ description: 'Price of one addon for a month, in cents.', example: 1500 }),
          quantity: z.int().min(1).meta({ description: 'How many of the addon.', example: 1 }),
          starts_at: instantText.meta({
            description: 'When it starts, RFC 3339 in UTC.',
            example: '2026-04-01T00:00:00Z',
          }),
          ends_at: instantText.nullable().describe('When it ends, exclusive; null while it has no end.'),
        }),
      )
      .describe('The attached addons.'),
    fallback_prices: z
      .array(fallbackPrice)
      .describe(
        'Prices of kinds that the plan does not price. Each holds from its day until the next one of the same kind and dimension.',
      ),
    tax: taxPolicy.describe('How the tenant is taxed.'),
    reason: z
      .string()
      .optional()
      .meta({ description: 'Why an operator made the change, where one was given.', example: 'Agreed, ticket 4711' }),
  }),
  subject: (d) => `subscription.changed.${token(d.tenant_id)}.${d.deployment_id}`,
  key: (d) => `${d.subscription_id}:${d.revision}`,
  parts: [{ array: 'addons' }, { array: 'fallback_prices' }],
});

/** A line of a tenant invoice. */
export const invoiceLine = z.object({
  line_id: uuid.describe('Id of the invoice line.'),
  kind: z
    .enum(['plan_base', 'addon', 'overage', 'adjustment', 'tax', 'manual', 'discount', 'commitment', 'credit'])
    .describe(
      'What the line charges: the plan’s base price, an addon, usage above what is included, a correction of an earlier month, tax, a manual line, a discount, what a minimum commitment lacks, or granted credit.',
    ),
  deployment_id: uuid.nullable().describe('Deployment that is charged; null: a line of the whole tenant.'),
  resource_kind: usageKind
    .nullable()
    .meta({ description: 'Billing kind that is charged; null where no usage is.', example: 'droplet_hours' }),
  description: z
    .string()
    .meta({ description: 'Text of the line as printed.', example: 'Droplet hours above 744 included' }),
  qty: decimalText.meta({ description: 'Billed quantity in `unit`.', example: '24' }),
  unit: z.string().meta({ description: 'Unit of the quantity.', example: 'hour' }),
  unit_price_cents: decimalText.meta({ description: 'Price of one unit in cents, exact.', example: '1.5' }),
  amount_cents: cents.meta({
    description: 'Quantity times unit price, rounded half up to whole cents; negative for a credit.',
    example: 36,
  }),
  meta: jsonObject.describe('Details by the kind of line, such as the days, the tier or the corrected period.'),
});

/** A tenant invoice with its lines and hashes. */
export const tenantInvoice = z.object({
  invoice_id: uuid.describe('Id of the invoice.'),
  tenant_id: tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' }),
  period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
  period_start: instantText.describe('First instant of the billed period.'),
  period_end: instantText.describe('End of the billed period, exclusive.'),
  number: z.string().meta({ description: 'Invoice number.', example: 'INV-2026-000042' }),
  status: z.enum(['issued', 'paid', 'void']).describe('Status of the invoice.'),
  currency: currencyCode.meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
  subtotal_cents: cents.meta({ description: 'Sum of the lines without tax, in cents.', example: 6422 }),
  tax_cents: cents.meta({ description: 'Tax in cents.', example: 642 }),
  total_cents: cents.meta({ description: 'Total with tax, in cents.', example: 7064 }),
  issued_at: instantText.describe('When it was issued.'),
  due_on: dayText.meta({ description: 'Last UTC day for payment.', example: '2026-05-15' }),
  prepaid: z
    .array(prepaidDraw)
    .max(termsAtMost)
    .exactOptional()
    .describe('What it draws of prepaid credits; absent where it draws none.'),
  lines: z.array(invoiceLine).describe('The lines, tax lines included.'),
  close_revision: z
    .int()
    .min(1)
    .meta({ description: 'Revision of the period’s close that is billed: 1 for the first close.', example: 1 }),
  rating_version: z.string().meta({ description: 'Version of the rating function that computed it.', example: '1' }),
  input_hash: z.string().describe('SHA-256 of everything that the rating function read, in hex.'),
  output_hash: z.string().describe('SHA-256 of what the rating function returned, in hex.'),
  facts_hash: z
    .string()
    .nullable()
    .optional()
    .describe('SHA-256 by which the close’s manifest names the tenant’s facts; null without usage.'),
});

export const invoiceIssued = defineEvent({
  type: 'invoice.issued',
  version: 1,
  stream: 'INVOICING',
  summary: 'A whole tenant invoice as it was issued.',
  data: tenantInvoice,
  subject: (d) => `invoice.issued.${d.period}.${token(d.tenant_id)}`,
  key: (d) => d.invoice_id,
  parts: [{ array: 'lines' }],
});

const invoiceReference = z.object({
  invoice_id: uuid.describe('Id of the invoice.'),
  tenant_id: tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' }),
  period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
  number: z.string().meta({ description: 'Invoice number.', example: 'INV-2026-000042' }),
  currency: currencyCode.meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
  total_cents: cents.meta({ description: 'Total with tax, in cents.', example: 7064 }),
  deployment_ids: z.array(uuid).describe('The deployments that the invoice bills.'),
});

export const invoiceVoided = defineEvent({
  type: 'invoice.voided',
  version: 1,
  stream: 'INVOICING',
  summary: 'The voiding of an invoice towards which nothing was paid.',
  data: invoiceReference.extend({
    voided_at: instantText.describe('When it was voided.'),
    reason: z.string().describe('Why, in the words of the person who did it.'),
    replaced_by: uuid.nullable().describe('Id of the invoice that replaces it; null if none does.'),
  }),
  subject: (d) => `invoice.voided.${d.period}.${token(d.tenant_id)}`,
  key: (d) => d.invoice_id,
  parts: [{ array: 'deployment_ids' }],
});

export const invoicePaid = defineEvent({
  type: 'invoice.paid',
  version: 1,
  stream: 'INVOICING',
  summary: 'Nothing is due on an invoice any more: it was paid, credit settled it, or it came to nothing.',
  data: invoiceReference.extend({
    paid_at: instantText.describe('When nothing was due on it any more.'),
    reference: z.string().meta({
      description: 'Reference of the payment; without a payment, what settled it.',
      example: 'bank transfer 2026-05-10',
    }),
  }),
  subject: (d) => `invoice.paid.${d.period}.${token(d.tenant_id)}`,
  key: (d) => d.invoice_id,
  parts: [{ array: 'deployment_ids' }],
});

export const invoiceOverdue = defineEvent({
  type: 'invoice.overdue',
  version: 1,
  stream: 'INVOICING',
  summary: 'The due date of an issued invoice has passed without payment.',
  data: invoiceReference.extend({
    due_on: dayText.meta({ description: 'Last UTC day for payment.', example: '2026-05-15' }),
    overdue_at: instantText.describe('When it was found to be overdue.'),
  }),
  subject: (d) => `invoice.overdue.${d.period}.${token(d.tenant_id)}`,
  key: (d) => d.invoice_id,
  parts: [{ array: 'deployment_ids' }],
});

/** The part of an invoice line that a credit note credits. */
export const creditNoteLine = z.object({
  line_id: uuid.describe('Id of the invoice line.'),
  deployment_id: uuid.nullable().describe('Deployment that it belongs to.'),
  resource_kind: usageKind
    .nullable()
    .meta({ description: 'Billing kind that is charged; null where no usage is.', example: 'droplet_hours' }),
  amount_cents: cents.meta({
    description: 'Credited amount of the line without tax, in cents.',
    example: 1000,
  }),
});

export const creditNoteIssued = defineEvent({
  type: 'credit-note.issued',
  version: 1,
  stream: 'INVOICING',
  summary:
    'A credit note against an issued invoice, whole or by line, never above the invoice; or of what a month came to below zero.',
  data: z.object({
    credit_note_id: uuid.describe('Id of the credit note.'),
    invoice_id: uuid
      .nullable()
      .describe(
        'Id of the credited invoice; null: the lines of the month came to less than zero, which is no invoice.',
      ),
    tenant_id: tenantId.meta({ description: 'Tenant that it belongs to.', example: 'acme' }),
    period: periodText.meta({ description: 'Billing period: a calendar month in UTC, `YYYY-MM`.', example: '2026-04' }),
    number: z.string().meta({ description: 'Credit note number.', example: 'CN-2026-000007' }),
    currency: currencyCode.meta({ description: 'Currency of all amounts, an ISO 4217 code.', example: 'AUD' }),
    net_cents: cents.meta({ description: 'Credited amount without tax, in cents.', example: 1000 }),
    tax_cents: cents.meta({ description: 'Credited tax in cents.', example: 100 }),
    total_cents: cents.meta({ description: 'Credited total with tax, in cents.', example: 1100 }),
    reason: z.string().describe('Why, in the words of the person who did it.'),
    issued_at: instantText.describe('When the credit note was issued.'),
    lines: z.array(creditNoteLine).describe('What is credited of each line of the invoice.'),
  }),
  subject: (d) => `credit-note.issued.${d.period}.${token(d.tenant_id)}`,
  key: (d) => d.credit_note_id,
  parts: [{ array: 'lines' }],
});

/** Every event of invoicing, in the order of its stream's subjects. */
export const events = [
  subscriptionChanged,
  invoiceIssued,
  invoiceVoided,
  invoicePaid,
  paymentRecorded,
  invoiceOverdue,
  creditNoteIssued,
  alertCrossed,
  listPriceChanged,
  exchangeRateChanged,
  tenantCreated,
  providerBillChanged,
  billedAmountsChanged,
  tenantTermsChanged,
  prepaidCreditChanged,
  billingProfileChanged,
  proofChanged,
] as const;
