import { z } from 'zod';
import { decimalText } from './decimal.ts';
import { defineEvent, defineRequest } from './define.ts';
import { tenantId, token, uuid } from './ids.ts';
import { json } from './json.ts';
import { cents, currencyCode } from './money.ts';
import { pageInput, pageOf } from './page.ts';
import { dayText, instantText, periodText } from './time.ts';
import { usageKind } from './usage-kinds.ts';

export const chargeModel = z.enum(['standard', 'graduated', 'volume', 'package']);
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
  owner: 'invoicing',
  summary:
    'A subscription from `effective_at` on, with every term it resolves to. The highest revision effective at an instant holds then; a change before an announced later one says that later one again.',
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
  meta: z.record(z.string(), json),
});

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
});

export const invoiceIssued = defineEvent({
  type: 'invoice.issued',
  version: 1,
  stream: 'INVOICING',
  owner: 'invoicing',
  summary: 'One tenant invoice, whole, as it was issued.',
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
  owner: 'invoicing',
  summary: 'An unpaid invoice no longer stands.',
  data: invoiceReference.extend({ voided_at: instantText, reason: z.string(), replaced_by: uuid.nullable() }),
  subject: (d) => `invoice.voided.${d.period}.${token(d.tenant_id)}`,
  key: (d) => d.invoice_id,
});

export const invoicePaid = defineEvent({
  type: 'invoice.paid',
  version: 1,
  stream: 'INVOICING',
  owner: 'invoicing',
  summary: 'An invoice was paid.',
  data: invoiceReference.extend({ paid_at: instantText, reference: z.string() }),
  subject: (d) => `invoice.paid.${d.period}.${token(d.tenant_id)}`,
  key: (d) => d.invoice_id,
});

export const invoiceOverdue = defineEvent({
  type: 'invoice.overdue',
  version: 1,
  stream: 'INVOICING',
  owner: 'invoicing',
  summary: 'An issued invoice was not paid by its due date.',
  data: invoiceReference.extend({ due_on: dayText, overdue_at: instantText }),
  subject: (d) => `invoice.overdue.${d.period}.${token(d.tenant_id)}`,
  key: (d) => d.invoice_id,
});

export const creditNoteIssued = defineEvent({
  type: 'credit-note.issued',
  version: 1,
  stream: 'INVOICING',
  owner: 'invoicing',
  summary: 'A credit against an issued invoice: whole or by line, never more than the invoice.',
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
  owner: 'invoicing',
  summary: 'Usage of a deployment crossed a threshold, once per period.',
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

// What invoicing answers.

const anyone = ['platform_admin', 'tenant'] as const;
const operator = ['platform_admin'] as const;

/** A query string knows no true and false. */
const flag = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

const catalogCode = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'a code such as studio or storage_50gb');
const positiveDecimal = decimalText.refine(
  (text) => !text.startsWith('-') && /[1-9]/.test(text),
  'a number above zero',
);
const unsignedDecimal = decimalText.refine((text) => !text.startsWith('-'), 'a number that is not negative');

/** An item as it is written; what is left out has its usual value. Wrong combinations are refused naming the item. */
export const priceItemInput = z.object({
  kind: usageKind,
  included_qty: unsignedDecimal.default('0'),
  overage_unit: positiveDecimal.default('1'),
  overage_price_cents: unsignedDecimal.nullable().default(null),
  charge_model: chargeModel.default('standard'),
  tiers: z
    .array(z.object({ up_to: positiveDecimal.nullable(), unit_price_cents: unsignedDecimal }))
    .nullable()
    .default(null),
  hard_cap_qty: unsignedDecimal.nullable().default(null),
});

export const planVersionStatus = z.enum(['draft', 'active', 'retired']);

export const planVersion = z.object({
  plan_code: catalogCode,
  name: z.string(),
  version: z.int().min(1),
  status: planVersionStatus,
  base_price_cents: cents,
  currency: currencyCode,
  proration,
  items: z.array(priceItem),
  published_at: instantText.nullable(),
  retired_at: instantText.nullable(),
});

const planVersionTerms = {
  base_price_cents: cents.min(0),
  currency: currencyCode.default('AUD'),
  proration: proration.default('none'),
  items: z.array(priceItemInput).max(100).default([]),
};

export const addon = z.object({
  addon_code: catalogCode,
  name: z.string(),
  kind: usageKind,
  qty: decimalText,
  price_cents: cents,
  currency: currencyCode,
  is_offered: z.boolean(),
});

export const resourcePrice = z.object({
  kind: usageKind,
  currency: currencyCode,
  valid_from: dayText,
  unit_price_cents: decimalText,
  overage_unit: decimalText,
});

export const listPlans = defineRequest({
  name: 'plans.list',
  service: 'invoicing',
  summary: 'Plan versions: those on offer, and for operators also drafts and retired ones.',
  effect: 'read',
  roles: anyone,
  input: pageInput.extend({ plan_code: catalogCode.optional(), status: planVersionStatus.optional() }),
  output: pageOf(planVersion),
  refusals: ['invalid-cursor'],
});

export const createPlan = defineRequest({
  name: 'plans.create',
  service: 'invoicing',
  summary: 'A plan with its first version, a draft unless it is published at once.',
  effect: 'command',
  roles: operator,
  input: z.object({
    plan_code: catalogCode,
    name: z.string().min(1).max(100),
    ...planVersionTerms,
    publish: flag.default(false),
  }),
  output: planVersion,
  refusals: ['plan-exists', 'invalid-plan'],
});

export const putPlan = defineRequest({
  name: 'plans.put',
  service: 'invoicing',
  summary: 'The plan as it shall be on offer: a new version is published unless the active one says the same already.',
  effect: 'command',
  roles: operator,
  input: z.object({ plan_code: catalogCode, name: z.string().min(1).max(100).optional(), ...planVersionTerms }),
  output: planVersion,
  refusals: ['invalid-plan'],
});

export const createPlanVersion = defineRequest({
  name: 'plan-versions.create',
  service: 'invoicing',
  summary: 'A draft of the next version of a plan.',
  effect: 'command',
  roles: operator,
  input: z.object({ plan_code: catalogCode, ...planVersionTerms }),
  output: planVersion,
  refusals: ['not-found', 'invalid-plan'],
});

export const updatePlanVersion = defineRequest({
  name: 'plan-versions.update',
  service: 'invoicing',
  summary: 'Replace the terms of a draft. Published versions never change.',
  effect: 'command',
  roles: operator,
  input: z.object({ plan_code: catalogCode, version: z.coerce.number().int().min(1), ...planVersionTerms }),
  output: planVersion,
  refusals: ['not-found', 'not-a-draft', 'invalid-plan'],
});

const planVersionName = z.object({ plan_code: catalogCode, version: z.coerce.number().int().min(1) });

export const publishPlanVersion = defineRequest({
  name: 'plan-versions.publish',
  service: 'invoicing',
  summary: 'Put a draft on offer; the version before it retires. Existing subscriptions stay on theirs.',
  effect: 'command',
  roles: operator,
  input: planVersionName,
  output: planVersion,
  refusals: ['not-found', 'not-a-draft', 'published-meanwhile', 'invalid-plan'],
});

export const retirePlanVersion = defineRequest({
  name: 'plan-versions.retire',
  service: 'invoicing',
  summary: 'Offer a version no longer. Who is subscribed to it stays on it.',
  effect: 'command',
  roles: operator,
  input: planVersionName,
  output: planVersion,
  refusals: ['not-found', 'not-active'],
});

export const deletePlanVersion = defineRequest({
  name: 'plan-versions.delete',
  service: 'invoicing',
  summary: 'Throw a draft away.',
  effect: 'command',
  roles: operator,
  input: planVersionName,
  output: z.object({ deleted: z.boolean() }),
  refusals: ['not-found', 'not-a-draft'],
});

export const listAddons = defineRequest({
  name: 'addons.list',
  service: 'invoicing',
  summary: 'Addons: those on offer, and for operators also the others.',
  effect: 'read',
  roles: anyone,
  input: pageInput,
  output: pageOf(addon),
  refusals: ['invalid-cursor'],
});

export const putAddon = defineRequest({
  name: 'addons.put',
  service: 'invoicing',
  summary: 'Create or change an addon. What is attached already keeps its price and quantity.',
  effect: 'command',
  roles: operator,
  input: z.object({
    addon_code: catalogCode,
    name: z.string().min(1).max(100).optional(),
    kind: usageKind,
    qty: positiveDecimal,
    price_cents: cents.min(0),
    currency: currencyCode.default('AUD'),
    is_offered: flag.default(true),
  }),
  output: addon,
  refusals: [],
});

export const listPrices = defineRequest({
  name: 'prices.list',
  service: 'invoicing',
  summary: 'Fallback prices of kinds, for what a plan does not price.',
  effect: 'read',
  roles: anyone,
  input: pageInput.extend({ kind: usageKind.optional() }),
  output: pageOf(resourcePrice),
  refusals: ['invalid-cursor'],
});

export const putPrice = defineRequest({
  name: 'prices.put',
  service: 'invoicing',
  summary: 'The fallback price of a kind from a day on. Days that were invoiced keep theirs.',
  effect: 'command',
  roles: operator,
  input: z.object({
    kind: usageKind,
    currency: currencyCode.default('AUD'),
    /** Today unless told. */
    valid_from: dayText.optional(),
    unit_price_cents: unsignedDecimal,
    overage_unit: positiveDecimal.default('1'),
  }),
  output: resourcePrice,
  refusals: ['period-invoiced'],
});

export const billingProfile = z.object({
  tenant_id: tenantId,
  name: z.string(),
  address: z.array(z.string()),
  registration_number: z.string().nullable(),
  currency: currencyCode,
  payment_terms_days: z.int(),
  tax: taxPolicy,
});

export const getBillingProfile = defineRequest({
  name: 'billing-profiles.get',
  service: 'invoicing',
  summary: 'How a tenant is billed: name, address, currency, tax, days to pay.',
  effect: 'read',
  roles: anyone,
  input: z.object({ tenant_id: tenantId }),
  output: billingProfile,
  refusals: ['not-found'],
});

export const putBillingProfile = defineRequest({
  name: 'billing-profiles.put',
  service: 'invoicing',
  summary: 'Change how a tenant is billed, from its next invoice on. What is left out stays.',
  effect: 'command',
  roles: operator,
  input: z.object({
    tenant_id: tenantId,
    name: z.string().min(1).max(200).optional(),
    address: z.array(z.string().max(200)).max(6).optional(),
    registration_number: z.string().max(40).nullable().optional(),
    currency: currencyCode.optional(),
    payment_terms_days: z.int().min(0).max(365).optional(),
    tax: taxPolicy.partial().optional(),
  }),
  output: billingProfile,
  refusals: ['currency-in-use'],
});

export const subscriptionStatus = z.enum(['scheduled', 'trial', 'active', 'paused', 'cancelled']);

export const subscription = z.object({
  subscription_id: uuid,
  deployment_id: uuid,
  tenant_id: tenantId,
  status: subscriptionStatus,
  revision: z.int(),
  plan_code: catalogCode,
  plan_version: z.int(),
  base_price_cents: cents,
  currency: currencyCode,
  proration,
  starts_at: instantText,
  ends_at: instantText.nullable(),
  trial_ends_at: instantText.nullable(),
  current_period_start: instantText,
  current_period_end: instantText,
  plans: z.array(z.object({ effective_at: instantText, plan_code: catalogCode, plan_version: z.int() })),
  pauses: z.array(z.object({ from: instantText, until: instantText.nullable() })),
  addons: z.array(
    z.object({
      addon_id: uuid,
      addon_code: catalogCode,
      kind: usageKind,
      qty: decimalText,
      price_cents: cents,
      quantity: z.int(),
      starts_at: instantText,
      ends_at: instantText.nullable(),
    }),
  ),
});

/** When a change takes effect: now, or with the next calendar month. An operator may name any instant instead. */
const changeTime = { when: z.enum(['now', 'period_end']).default('now'), effective_at: instantText.optional() };

const changeRefusals = ['not-found', 'not-subscribed', 'forbidden', 'invalid-time', 'subscription-changed'] as const;

export const subscribe = defineRequest({
  name: 'subscriptions.subscribe',
  service: 'invoicing',
  summary: 'Subscribe a deployment to a plan. One subscription at a time; former ones are kept.',
  effect: 'command',
  roles: anyone,
  input: z.object({
    deployment_id: uuid,
    plan_code: catalogCode,
    /** The active version unless told; only operators may tell. */
    plan_version: z.int().min(1).optional(),
    addons: z
      .array(
        z.object({
          addon_code: catalogCode,
          quantity: z.int().min(1).max(1000).default(1),
          /** Only operators: the subscription's start and end unless told. */
          starts_at: instantText.optional(),
          ends_at: instantText.optional(),
        }),
      )
      .max(50)
      .default([]),
    /** Only operators: any instant; now unless told. */
    starts_at: instantText.optional(),
    ends_at: instantText.optional(),
    trial_ends_at: instantText.optional(),
    /** The quote it follows from. */
    quote_id: uuid.optional(),
  }),
  output: subscription,
  refusals: [
    'not-found',
    'plan-not-found',
    'addon-not-found',
    'already-subscribed',
    'currency-mismatch',
    'forbidden',
    'invalid-time',
  ],
});

export const changePlan = defineRequest({
  name: 'subscriptions.change-plan',
  service: 'invoicing',
  summary: 'Move a subscription to another plan, now or with the next month. A change announced for later is replaced.',
  effect: 'command',
  roles: anyone,
  input: z.object({
    deployment_id: uuid,
    plan_code: catalogCode,
    plan_version: z.int().min(1).optional(),
    ...changeTime,
  }),
  output: subscription,
  refusals: [...changeRefusals, 'plan-not-found', 'currency-mismatch'],
});

export const cancelSubscription = defineRequest({
  name: 'subscriptions.cancel',
  service: 'invoicing',
  summary:
    'End a subscription, now or with the month. A correction of a month already invoiced follows as a credit note.',
  effect: 'command',
  roles: anyone,
  input: z.object({ deployment_id: uuid, ...changeTime }),
  output: subscription,
  refusals: changeRefusals,
});

export const pauseSubscription = defineRequest({
  name: 'subscriptions.pause',
  service: 'invoicing',
  summary: 'Pause a subscription: under daily proration its days carry no base and include nothing.',
  effect: 'command',
  roles: operator,
  input: z.object({ deployment_id: uuid, effective_at: instantText.optional() }),
  output: subscription,
  refusals: [...changeRefusals, 'already-paused'],
});

export const resumeSubscription = defineRequest({
  name: 'subscriptions.resume',
  service: 'invoicing',
  summary: 'Go on with a paused subscription, or take back a cancellation that has not taken effect.',
  effect: 'command',
  roles: anyone,
  input: z.object({ deployment_id: uuid, effective_at: instantText.optional() }),
  output: subscription,
  refusals: [...changeRefusals, 'nothing-to-resume'],
});

export const endTrial = defineRequest({
  name: 'subscriptions.end-trial',
  service: 'invoicing',
  summary: 'Move the end of a trial: from then on the subscription is paid for.',
  effect: 'command',
  roles: operator,
  input: z.object({ deployment_id: uuid, effective_at: instantText.optional() }),
  output: subscription,
  refusals: [...changeRefusals, 'no-trial'],
});

export const attachAddon = defineRequest({
  name: 'subscriptions.attach-addon',
  service: 'invoicing',
  summary: 'Attach an addon at its present price and quantity.',
  effect: 'command',
  roles: anyone,
  input: z.object({
    deployment_id: uuid,
    addon_code: catalogCode,
    quantity: z.int().min(1).max(1000).default(1),
    effective_at: instantText.optional(),
  }),
  output: subscription,
  refusals: [...changeRefusals, 'addon-not-found', 'currency-mismatch'],
});

export const detachAddon = defineRequest({
  name: 'subscriptions.detach-addon',
  service: 'invoicing',
  summary: 'Detach an attached addon, now or with the month.',
  effect: 'command',
  roles: anyone,
  input: z.object({ deployment_id: uuid, addon_id: uuid, ...changeTime }),
  output: subscription,
  refusals: [...changeRefusals, 'addon-not-found'],
});

export const listSubscriptions = defineRequest({
  name: 'subscriptions.list',
  service: 'invoicing',
  summary: 'Subscriptions, the newest first; former ones too.',
  effect: 'read',
  roles: anyone,
  input: pageInput.extend({ deployment: uuid.optional(), tenant: tenantId.optional() }),
  output: pageOf(subscription),
  refusals: ['invalid-cursor'],
});

/** A line as priced, before there is an invoice. */
export const ratedLine = invoiceLine.omit({ line_id: true });

/** Usage that made no line, and why. */
export const unratedUsage = z.object({
  deployment_id: uuid,
  kind: usageKind,
  reason: z.enum(['no_subscription', 'trial', 'no_price']),
  qty: decimalText,
  days: z.array(z.object({ from: dayText, until: dayText })),
});

export const priced = z.object({
  currency: currencyCode,
  lines: z.array(ratedLine),
  unrated: z.array(unratedUsage),
  subtotal_cents: cents,
  tax_cents: cents,
  total_cents: cents,
  rating_version: z.string(),
  input_hash: z.string(),
  output_hash: z.string(),
});

/** What shall run all month. Sizes are GB; a count of droplets runs every hour. */
export const deploymentSpec = z.object({
  droplets: z.int().min(0).max(10_000).default(0),
  spaces_gb: unsignedDecimal.default('0'),
  snapshots_gb: unsignedDecimal.default('0'),
  backups_gb: unsignedDecimal.default('0'),
  volumes_gb: unsignedDecimal.default('0'),
  dns_zones: z.int().min(0).max(10_000).default(0),
  floating_ips: z.int().min(0).max(10_000).default(0),
  load_balancer_nodes: z.int().min(0).max(10_000).default(0),
});

export const quote = priced.extend({
  quote_id: uuid,
  tenant_id: tenantId.nullable(),
  period: periodText,
  plan_code: catalogCode,
  plan_version: z.int(),
  usage: z.array(z.object({ kind: usageKind, qty: decimalText })),
  valid_until: dayText,
  is_valid: z.boolean(),
  created_at: instantText,
});

export const createQuote = defineRequest({
  name: 'quotes.create',
  service: 'invoicing',
  summary: 'What a month would cost on a plan, from expected usage or from what shall run.',
  effect: 'command',
  roles: anyone,
  input: z.object({
    plan_code: catalogCode,
    plan_version: z.int().min(1).optional(),
    addons: z
      .array(z.object({ addon_code: catalogCode, quantity: z.int().min(1).max(1000).default(1) }))
      .max(50)
      .default([]),
    /** The month it prices, with its real hours; the coming one unless told. */
    period: periodText.optional(),
    usage: z
      .array(z.object({ kind: usageKind, qty: unsignedDecimal }))
      .max(100)
      .default([]),
    spec: deploymentSpec.partial().optional(),
    /** Whose tax and currency count. Operators only. */
    tenant_id: tenantId.optional(),
    valid_days: z.int().min(1).max(365).default(30),
  }),
  output: quote,
  refusals: ['plan-not-found', 'addon-not-found', 'currency-mismatch', 'forbidden'],
});

export const getQuote = defineRequest({
  name: 'quotes.get',
  service: 'invoicing',
  summary: 'A quote as it was given.',
  effect: 'read',
  roles: anyone,
  input: z.object({ quote_id: uuid }),
  output: quote,
  refusals: ['not-found'],
});

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
});

export const invoiceSummary = invoiceView.omit({ lines: true });

export const listInvoices = defineRequest({
  name: 'invoices.list',
  service: 'invoicing',
  summary: 'Invoices, the newest period first.',
  effect: 'read',
  roles: anyone,
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
  summary: 'An invoice with its lines.',
  effect: 'read',
  roles: anyone,
  input: invoiceName,
  output: invoiceView,
  refusals: ['not-found'],
});

export const getInvoicePdf = defineRequest({
  name: 'invoices.pdf',
  service: 'invoicing',
  summary: 'An issued invoice as PDF, always the same bytes.',
  effect: 'read',
  roles: anyone,
  input: invoiceName,
  output: z.unknown(),
  refusals: ['not-found', 'not-issued'],
});

export const getInvoiceCsv = defineRequest({
  name: 'invoices.csv',
  service: 'invoicing',
  summary: "An invoice's lines as CSV, safe to open in a spreadsheet.",
  effect: 'read',
  roles: anyone,
  input: invoiceName,
  output: z.unknown(),
  refusals: ['not-found'],
});

export const previewInvoice = defineRequest({
  name: 'invoices.preview',
  service: 'invoicing',
  summary: 'What the running month costs so far, and what it comes to if it goes on like this.',
  effect: 'read',
  roles: anyone,
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
  refusals: ['not-found', 'tenant-missing'],
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
  summary: 'How a line came about: its terms, the usage facts behind it, and the observations behind those.',
  effect: 'read',
  roles: anyone,
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
  summary: 'Take an unpaid invoice back. A run of its period issues a new one.',
  effect: 'command',
  roles: operator,
  input: z.object({ invoice_id: uuid, reason: z.string().min(1).max(500) }),
  output: invoiceView,
  refusals: ['not-found', 'invoice-paid', 'invoice-void', 'adjustment-issued', 'credit-note-issued'],
});

export const payInvoice = defineRequest({
  name: 'invoices.pay',
  service: 'invoicing',
  summary: 'Mark an issued invoice as paid.',
  effect: 'command',
  roles: operator,
  input: z.object({ invoice_id: uuid, reference: z.string().min(1).max(200), paid_at: instantText.optional() }),
  output: invoiceView,
  refusals: ['not-found', 'not-issued', 'invoice-void', 'already-paid'],
});

export const creditNote = creditNoteIssued.data.extend({
  kind: z.enum(['goodwill', 'correction']),
  finance_credit_id: z.string().nullable(),
});

export const creditInvoice = defineRequest({
  name: 'invoices.credit',
  service: 'invoicing',
  summary: 'A credit note against an issued invoice: whole, or by line. Never more than is left of it.',
  effect: 'command',
  roles: operator,
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
  summary: 'Credit notes, the newest first.',
  effect: 'read',
  roles: anyone,
  input: pageInput.extend({ invoice: uuid.optional(), tenant: tenantId.optional(), period: periodText.optional() }),
  output: pageOf(creditNote),
  refusals: ['invalid-cursor'],
});

export const addManualLine = defineRequest({
  name: 'manual-lines.create',
  service: 'invoicing',
  summary: "A one-off line on a tenant's next invoice.",
  effect: 'command',
  roles: operator,
  input: z.object({
    tenant_id: tenantId,
    deployment_id: uuid.optional(),
    description: z.string().min(1).max(200),
    qty: decimalText.default('1'),
    unit: z.string().min(1).max(32).default('piece'),
    unit_price_cents: decimalText,
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
  refusals: ['not-found', 'period-invoiced'],
});

export const invoiceRun = z.object({
  period: periodText,
  tenant_id: tenantId,
  close_revision: z.int(),
  is_forced: z.boolean(),
  /** waiting: facts of the manifest have not all arrived. */
  status: z.enum(['waiting', 'invoiced', 'reissued', 'unchanged', 'nothing', 'refused', 'failed']),
  detail: z.string().nullable(),
  invoice_id: uuid.nullable(),
  finished_at: instantText.nullable(),
});

export const runInvoices = defineRequest({
  name: 'invoices.run',
  service: 'invoicing',
  summary: 'Make the invoices of a closed period. `force` closes it anew and reissues what differs and is not paid.',
  effect: 'command',
  roles: operator,
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
  summary: 'What became of each run, the newest period first.',
  effect: 'read',
  roles: operator,
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
  summary: 'What was or is to be pushed to the finance system.',
  effect: 'read',
  roles: operator,
  input: pageInput.extend({ status: receivable.shape.status.optional() }),
  output: pageOf(receivable),
  refusals: ['invalid-cursor'],
});

export const alertBasis = z.enum(['included_percent', 'money']);

export const alertRule = z.object({
  alert_id: uuid,
  tenant_id: tenantId,
  deployment_id: uuid,
  basis: alertBasis,
  /** Null: money of the whole deployment. */
  kind: usageKind.nullable(),
  /** Per cent of the included quantity, or cents before tax. */
  value: decimalText,
  crossed: z.array(z.object({ period: periodText, reached: decimalText, crossed_at: instantText })),
});

export const createAlert = defineRequest({
  name: 'alerts.create',
  service: 'invoicing',
  summary: 'Be told once a period when usage of a deployment crosses a threshold.',
  effect: 'command',
  roles: anyone,
  input: z.object({ deployment_id: uuid, basis: alertBasis, kind: usageKind.optional(), value: positiveDecimal }),
  output: alertRule,
  refusals: ['not-found', 'kind-missing'],
});

export const listAlerts = defineRequest({
  name: 'alerts.list',
  service: 'invoicing',
  summary: 'Alerts with their latest crossings.',
  effect: 'read',
  roles: anyone,
  input: pageInput.extend({ deployment: uuid.optional() }),
  output: pageOf(alertRule),
  refusals: ['invalid-cursor'],
});

export const deleteAlert = defineRequest({
  name: 'alerts.delete',
  service: 'invoicing',
  summary: 'Be told no longer.',
  effect: 'command',
  roles: anyone,
  input: z.object({ alert_id: uuid }),
  output: z.object({ deleted: z.boolean() }),
  refusals: ['not-found'],
});

export const marginGrouping = z.enum(['tenant', 'deployment', 'kind', 'plan', 'period']);

export const marginRow = z.object({
  period: periodText,
  tenant_id: tenantId.nullable(),
  deployment_id: uuid.nullable(),
  kind: z.string().nullable(),
  plan_code: z.string().nullable(),
  /** What a row without an owner is: the operator's own cost, what nobody was found for, or the provider's tax. */
  target: z.enum(['customer', 'operator', 'unallocated', 'provider_tax']),
  /** In the billing currency, without tax. */
  revenue_cents: cents,
  cost_cents: cents.nullable(),
  margin_cents: cents.nullable(),
  /** As the provider billed it. */
  cost_provider_cents: cents,
  margin_percent: decimalText.nullable(),
});

export const marginFilter = {
  period: periodText.optional(),
  from: periodText.optional(),
  to: periodText.optional(),
  group_by: marginGrouping.default('tenant'),
  tenant: tenantId.optional(),
};

export const getMargin = defineRequest({
  name: 'margin.get',
  service: 'invoicing',
  summary: 'Revenue less what it really cost, both without tax; losses first.',
  effect: 'read',
  roles: operator,
  input: z.object({
    ...marginFilter,
    limit: z.coerce.number().int().min(1).max(200).default(200),
    cursor: pageInput.shape.cursor,
  }),
  output: z.object({
    /** Null: several, or none known. */
    currency: currencyCode.nullable(),
    provider_currency: currencyCode.nullable(),
    /** The rates pinned, by period; null where an operator has not pinned one and costs are not known in the billing currency. */
    fx: z.array(z.object({ period: periodText, from: currencyCode, to: currencyCode, rate: decimalText.nullable() })),
    totals: z.object({
      revenue_cents: cents,
      cost_cents: cents.nullable(),
      margin_cents: cents.nullable(),
      cost_provider_cents: cents,
    }),
    /** Revenue that is in neither: it is not in the rows. */
    other_currencies: z.array(z.object({ currency: currencyCode, revenue_cents: cents })),
    items: z.array(marginRow),
    next_cursor: z.string().nullable(),
  }),
  refusals: ['invalid-cursor'],
});

export const getMarginCsv = defineRequest({
  name: 'margin.csv',
  service: 'invoicing',
  summary: 'The same as CSV, safe to open in a spreadsheet.',
  effect: 'read',
  roles: operator,
  input: z.object(marginFilter),
  output: z.unknown(),
  refusals: [],
});
