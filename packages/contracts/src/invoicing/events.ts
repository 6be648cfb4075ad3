import { z } from 'zod';
import { decimalText } from '../decimal.ts';
import { defineEvent } from '../define.ts';
import { tenantId, token, uuid } from '../ids.ts';
import { jsonObject } from '../json.ts';
import { cents, currencyCode } from '../money.ts';
import { dayText, instantText, periodText } from '../time.ts';
import { usageKind } from '../usage-kinds.ts';

/** Models by which the quantity above the included one is charged. */
export const chargeModel = z.enum(['standard', 'graduated', 'volume', 'package']);
/** Proration of the base price: none, or by days. */
export const proration = z.enum(['none', 'daily']);

/** How one kind is priced: so much included, the rest by the model. Unit prices are exact decimals in cents. */
export const priceItem = z.object({
  kind: usageKind,
  included_qty: decimalText,
  /** The unit the price is for, in the kind's own unit: "1" for cents per hour, "1000000" for per million tokens. */
  overage_unit: decimalText,
  /** Null: the plan only includes; what is over has the fallback price of its kind. */
  overage_price_cents: decimalText.nullable(),
  charge_model: chargeModel,
  /** Upper bounds counted from the first unit above the included quantity; the last is open (null). */
  tiers: z.array(z.object({ up_to: decimalText.nullable(), unit_price_cents: decimalText })).nullable(),
  hard_cap_qty: decimalText.nullable(),
});

/** The tax on an invoice. */
export const taxPolicy = z.object({
  name: z.string(),
  /** A fraction: "0.1" is ten per cent. */
  rate: decimalText,
  registration_number: z.string().nullable(),
  is_inclusive: z.boolean(),
  rounding: z.enum(['half_up', 'half_even', 'down']),
});

export const subscriptionChanged = defineEvent({
  type: 'subscription.changed',
  version: 1,
  stream: 'INVOICING',
  summary:
    'A subscription from `effective_at` on, with all its terms. At any instant the highest revision in effect holds; a change that takes effect before an announced later one publishes that later one again.',
  data: z.object({
    subscription_id: uuid,
    deployment_id: uuid,
    tenant_id: tenantId,
    revision: z.int().min(1),
    status: z.enum(['trial', 'active', 'paused', 'cancelled']),
    effective_at: instantText,
    starts_at: instantText,
    ends_at: instantText.nullable(),
    trial_ends_at: instantText.nullable(),
    plan: z.object({
      code: z.string(),
      name: z.string(),
      version: z.int().min(1),
      base_price_cents: cents,
      currency: currencyCode,
      proration,
      items: z.array(priceItem),
    }),
    addons: z.array(
      z.object({
        addon_id: uuid,
        code: z.string(),
        kind: usageKind,
        /** What one of them adds to the included quantity, and costs a month. */
        qty: decimalText,
        price_cents: cents,
        quantity: z.int().min(1),
        starts_at: instantText,
        ends_at: instantText.nullable(),
      }),
    ),
    /** Each holds from its day until the next one of its kind. */
    fallback_prices: z.array(
      z.object({ kind: usageKind, valid_from: dayText, unit_price_cents: decimalText, overage_unit: decimalText }),
    ),
    tax: taxPolicy,
  }),
  subject: (d) => `subscription.changed.${token(d.tenant_id)}.${d.deployment_id}`,
  key: (d) => `${d.subscription_id}:${d.revision}`,
});

/** A line of a tenant invoice. */
export const invoiceLine = z.object({
  line_id: uuid,
  kind: z.enum(['plan_base', 'addon', 'overage', 'adjustment', 'tax', 'manual']),
  /** Null: a line of the whole tenant. */
  deployment_id: uuid.nullable(),
  resource_kind: usageKind.nullable(),
  description: z.string(),
  qty: decimalText,
  unit: z.string(),
  unit_price_cents: decimalText,
  amount_cents: cents,
  meta: jsonObject,
});

/** A tenant invoice with its lines and hashes. */
export const tenantInvoice = z.object({
  invoice_id: uuid,
  tenant_id: tenantId,
  period: periodText,
  period_start: instantText,
  period_end: instantText,
  number: z.string(),
  status: z.enum(['issued', 'paid', 'void']),
  currency: currencyCode,
  subtotal_cents: cents,
  tax_cents: cents,
  total_cents: cents,
  issued_at: instantText,
  due_on: dayText,
  lines: z.array(invoiceLine),
  /** The close it bills, and the hashes of what went into the rating function and what came out. */
  close_revision: z.int().min(1),
  rating_version: z.string(),
  input_hash: z.string(),
  output_hash: z.string(),
  /** The hash by which that close's manifest names the facts of the tenant's month; null if it has none of it. */
  facts_hash: z.string().nullable().optional(),
});

export const invoiceIssued = defineEvent({
  type: 'invoice.issued',
  version: 1,
  stream: 'INVOICING',
  summary: 'A whole tenant invoice as it was issued.',
  data: tenantInvoice,
  subject: (d) => `invoice.issued.${d.period}.${token(d.tenant_id)}`,
  key: (d) => d.invoice_id,
  parts: 'lines',
});

const invoiceReference = z.object({
  invoice_id: uuid,
  tenant_id: tenantId,
  period: periodText,
  number: z.string(),
  currency: currencyCode,
  total_cents: cents,
  /** The deployments it bills. */
  deployment_ids: z.array(uuid),
});

export const invoiceVoided = defineEvent({
  type: 'invoice.voided',
  version: 1,
  stream: 'INVOICING',
  summary: 'The voiding of an unpaid invoice.',
  data: invoiceReference.extend({ voided_at: instantText, reason: z.string(), replaced_by: uuid.nullable() }),
  subject: (d) => `invoice.voided.${d.period}.${token(d.tenant_id)}`,
  key: (d) => d.invoice_id,
});

export const invoicePaid = defineEvent({
  type: 'invoice.paid',
  version: 1,
  stream: 'INVOICING',
  summary: 'The payment of an invoice.',
  data: invoiceReference.extend({ paid_at: instantText, reference: z.string() }),
  subject: (d) => `invoice.paid.${d.period}.${token(d.tenant_id)}`,
  key: (d) => d.invoice_id,
});

export const invoiceOverdue = defineEvent({
  type: 'invoice.overdue',
  version: 1,
  stream: 'INVOICING',
  summary: 'The due date of an issued invoice has passed without payment.',
  data: invoiceReference.extend({ due_on: dayText, overdue_at: instantText }),
  subject: (d) => `invoice.overdue.${d.period}.${token(d.tenant_id)}`,
  key: (d) => d.invoice_id,
});

export const creditNoteIssued = defineEvent({
  type: 'credit-note.issued',
  version: 1,
  stream: 'INVOICING',
  summary: 'A credit note against an issued invoice, whole or by line, never above the invoice.',
  data: z.object({
    credit_note_id: uuid,
    invoice_id: uuid,
    tenant_id: tenantId,
    period: periodText,
    number: z.string(),
    currency: currencyCode,
    net_cents: cents,
    tax_cents: cents,
    total_cents: cents,
    reason: z.string(),
    issued_at: instantText,
    lines: z.array(
      z.object({
        line_id: uuid,
        deployment_id: uuid.nullable(),
        resource_kind: usageKind.nullable(),
        amount_cents: cents,
      }),
    ),
  }),
  subject: (d) => `credit-note.issued.${d.period}.${token(d.tenant_id)}`,
  key: (d) => d.credit_note_id,
});

export const alertCrossed = defineEvent({
  type: 'alert.crossed',
  version: 1,
  stream: 'INVOICING',
  summary: 'The crossing of a usage threshold by a deployment, at most once per period.',
  data: z.object({
    alert_id: uuid,
    tenant_id: tenantId,
    deployment_id: uuid,
    period: periodText,
    kind: usageKind.nullable(),
    threshold: z.object({ basis: z.enum(['included_percent', 'money', 'hard_cap']), value: decimalText }),
    reached: decimalText,
    crossed_at: instantText,
  }),
  subject: (d) => `alert.crossed.${d.period}.${token(d.tenant_id)}.${d.deployment_id}`,
  key: (d) => `${d.alert_id}:${d.period}`,
});

/** Every event of invoicing, in the order of its stream's subjects. */
export const events = [
  subscriptionChanged,
  invoiceIssued,
  invoiceVoided,
  invoicePaid,
  invoiceOverdue,
  creditNoteIssued,
  alertCrossed,
] as const;
