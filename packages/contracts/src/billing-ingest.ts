import { z } from 'zod';
import { decimalText } from './decimal.ts';
import { defineEvent, defineRequest } from './define.ts';
import { tenantId, token, uuid } from './ids.ts';
import { cents, currencyCode } from './money.ts';
import { pageInput, pageOf } from './page.ts';
import { instantText, periodText } from './time.ts';
import { usageKind } from './usage-kinds.ts';

/** Where a share of a provider's line ends. */
export const allocationTarget = z.enum(['deployment', 'tenant', 'operator', 'unallocated']);

export const allocation = z.object({
  target: allocationTarget,
  tenant_id: tenantId.nullable(),
  deployment_id: uuid.nullable(),
  /** In the provider's currency. The shares of a line add up to it. */
  amount_cents: cents,
  /** The rule that shared it; null: the resource's owner pays. */
  rule: z.string().nullable(),
});

export const costLine = z.object({
  /** A line shared by very many comes as several entries, each with the part of its amount that its shares add up to. */
  line_no: z.int().min(1),
  product: z.string(),
  /** Our kind, such as droplet; tax, account or unknown where it is none. */
  kind: z.string(),
  description: z.string(),
  group_description: z.string(),
  project_name: z.string(),
  /** Empty where the provider gives none; for backups it holds their count. */
  hours: decimalText.nullable(),
  start_at: instantText.nullable(),
  end_at: instantText.nullable(),
  amount_cents: cents,
  is_tax: z.boolean(),
  resource_id: uuid.nullable(),
  /** Why it matched nothing; null when it did. */
  unmatched_reason: z.enum(['destroyed_before_first_sync', 'tax', 'account_level', 'unknown']).nullable(),
  allocations: z.array(allocation),
});

export const invoiceIngested = defineEvent({
  type: 'invoice.ingested',
  version: 2,
  stream: 'BILLING',
  owner: 'billing-ingest',
  summary:
    "One of the provider's invoices with its lines matched and allocated. A revision comes in as many messages as its lines need, each with the head; it holds once all its parts are there, and replaces lower ones whole.",
  data: z.object({
    provider: z.string(),
    period: periodText,
    invoice_uuid: z.string(),
    invoice_number: z.string().nullable(),
    revision: z.int().min(1),
    /** Which of the messages of this revision it is, from 1. */
    part: z.int().min(1),
    parts: z.int().min(1),
    status: z.enum(['reconciled', 'unreconciled']),
    currency: currencyCode,
    amount_net_minor: cents,
    amount_tax_minor: cents,
    amount_gross_minor: cents,
    /** What one unit of the provider's currency is worth in the billing currency; null until an operator pins it. */
    fx: z.object({ to: currencyCode, rate: decimalText }).nullable(),
    /** The lines of this part. */
    lines: z.array(costLine),
    ingested_at: instantText,
  }),
  subject: (d) => `invoice.ingested.${token(d.provider)}.${d.period}`,
  key: (d) => `${d.invoice_uuid}:${d.revision}:${d.part}`,
});

const operatorOnly = ['platform_admin'] as const;

/** A month, or any date in it. */
const periodOrDate = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])([T ].*)?)?$/, 'a month such as 2026-04, or a date in it')
  .transform((text) => text.slice(0, 7));

/** A provider's own name of an invoice: a UUID so far, but nothing rests on that. */
const invoiceUuid = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[A-Za-z0-9-]+$/, 'letters, digits and hyphens');

export const balance = z.object({
  provider: z.string(),
  currency: currencyCode,
  /** The provider's decimals, as it wrote them. */
  month_to_date_balance: decimalText,
  account_balance: decimalText,
  month_to_date_usage: decimalText,
  /** When the provider worked it out, and when we asked. */
  generated_at: instantText.nullable(),
  taken_at: instantText,
});

export const getBalance = defineRequest({
  name: 'provider-balance.get',
  service: 'billing-ingest',
  summary: 'What the provider says is owed: the newest hourly snapshot, and those before it.',
  effect: 'read',
  roles: [...operatorOnly],
  input: z.object({ history: z.coerce.number().int().min(0).max(744).default(0) }),
  output: balance.extend({ history: z.array(balance) }),
  refusals: ['not-found'],
});

export const invoiceStatus = z.enum(['discovered', 'reconciled', 'unreconciled', 'refused']);

/** A line of the CSV, or of the items, that could not be understood; `line` counts from 1, the header included. */
export const fileFault = z.object({ line: z.int().min(0), column: z.string().nullable(), problem: z.string() });

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
  summary: "The provider's invoices, newest period first.",
  effect: 'read',
  roles: [...operatorOnly],
  input: pageInput.extend({ status: invoiceStatus.optional(), period: periodOrDate.optional() }),
  output: pageOf(providerInvoice),
  refusals: ['invalid-cursor'],
});

export const getProviderInvoice = defineRequest({
  name: 'provider-invoice.get',
  service: 'billing-ingest',
  summary: 'One invoice of the provider with its evidence, its allocation and what keeps it from being reconciled.',
  effect: 'read',
  roles: [...operatorOnly],
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
  summary: 'The CSV of an invoice, byte for byte as the provider sent it.',
  effect: 'read',
  roles: [...operatorOnly],
  input: z.object({ invoice_uuid: invoiceUuid }),
  output: z.unknown(),
  refusals: ['not-found'],
});

export const reingestInvoice = defineRequest({
  name: 'provider-invoice.reingest',
  service: 'billing-ingest',
  summary: 'Fetch an invoice from the provider again; what changed replaces what was stored, as a set.',
  effect: 'command',
  roles: [...operatorOnly],
  input: z.object({ invoice_uuid: invoiceUuid }),
  output: z.object({ invoice_uuid: z.string(), job: z.string() }),
  refusals: ['not-found'],
});

export const rematchInvoice = defineRequest({
  name: 'provider-invoice.rematch',
  service: 'billing-ingest',
  summary: 'Match and allocate the stored lines of an invoice again, with what inventory knows by now.',
  effect: 'command',
  roles: [...operatorOnly],
  input: z.object({ invoice_uuid: invoiceUuid }),
  output: z.object({ invoice_uuid: z.string(), job: z.string() }),
  refusals: ['not-found', 'not-ingested'],
});

export const discoverInvoices = defineRequest({
  name: 'provider-invoice.discover',
  service: 'billing-ingest',
  summary: 'Look for invoices now instead of waiting for 02:23.',
  effect: 'command',
  roles: [...operatorOnly],
  input: z.object({}),
  output: z.object({ job: z.string() }),
  refusals: [],
});

export const matchedBy = z.enum(['provider_id', 'name']);

/** A cost line as it is listed; its amounts are in the provider's currency. */
export const listedCostLine = costLine.extend({
  invoice_uuid: z.string(),
  period: periodText,
  category: z.string().nullable(),
  /** As the provider wrote it; `amount_cents` is its part of the total in whole cents. */
  amount: decimalText,
  currency: currencyCode,
  provider_resource_id: z.string().nullable(),
  matched_by: matchedBy.nullable(),
});

const costLineFilter = {
  period: periodOrDate.optional(),
  kind: z.string().max(64).optional(),
  invoice_uuid: invoiceUuid.optional(),
  is_matched: z.enum(['true', 'false']).optional(),
  reason: z.enum(['destroyed_before_first_sync', 'tax', 'account_level', 'unknown']).optional(),
  resource_id: uuid.optional(),
  tenant_id: tenantId.optional(),
  deployment_id: uuid.optional(),
};

export const listCostLines = defineRequest({
  name: 'cost-line.list',
  service: 'billing-ingest',
  summary: "Lines of the provider's invoices with their match and their allocation.",
  effect: 'read',
  roles: [...operatorOnly],
  input: pageInput.extend(costLineFilter),
  output: pageOf(listedCostLine),
  refusals: ['invalid-cursor'],
});

export const exportCostLines = defineRequest({
  name: 'cost-line.export',
  service: 'billing-ingest',
  summary: 'The same lines as CSV, one row for each share of a line.',
  effect: 'read',
  roles: [...operatorOnly],
  input: z.object(costLineFilter),
  output: z.unknown(),
  refusals: [],
});

const matchCount = z.object({
  lines: z.int(),
  matched: z.int(),
  amount_cents: cents,
  matched_cents: cents,
  /** Fractions with six decimals; null where there is nothing to match. Tax is in neither. */
  rate_by_count: decimalText.nullable(),
  rate_by_amount: decimalText.nullable(),
});

export const getMatchRate = defineRequest({
  name: 'cost-line.match-rate',
  service: 'billing-ingest',
  summary: 'How much of the bill is matched to resources, by count and by money.',
  effect: 'read',
  roles: [...operatorOnly],
  input: z.object({ period: periodOrDate.optional() }),
  output: z.object({
    total: matchCount,
    by_period: z.array(matchCount.extend({ period: periodText })),
    by_kind: z.array(matchCount.extend({ kind: z.string() })),
    unmatched: z.array(z.object({ reason: z.string(), lines: z.int(), amount_cents: cents })),
  }),
  refusals: [],
});

/** What a rule is for: a class of account-level line; `other` is every account-level line that has no rule of its own. */
export const accountLineClass = z.enum(['spaces', 'bandwidth', 'support', 'tax', 'credit', 'other']);

/** How account-level lines of a class are shared. Without a rule they stay unallocated. */
export const allocationRule = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('none') }),
  /** In proportion to what each deployment, tenant and the operator cost directly in the same invoice, tax aside. */
  z.strictObject({ method: z.literal('cost') }),
  /** In proportion to what each deployment used of a kind in the period. */
  z.strictObject({ method: z.literal('usage'), kind: usageKind }),
  /** Fixed fractions, at most 1 together; the rest stays unallocated. */
  z.strictObject({
    method: z.literal('fixed'),
    shares: z
      .array(
        z.strictObject({
          target: z.enum(['deployment', 'tenant', 'operator']),
          tenant_id: tenantId.nullable().default(null),
          deployment_id: uuid.nullable().default(null),
          fraction: decimalText,
        }),
      )
      .min(1)
      .max(500),
  }),
]);

const storedRule = z.object({
  line_class: accountLineClass,
  /** It holds for invoices of this period and later ones, until a later rule of the class. */
  from_period: periodText,
  rule: allocationRule,
  set_by: z.string(),
  set_at: instantText,
});

export const listAllocationRules = defineRequest({
  name: 'allocation-rule.list',
  service: 'billing-ingest',
  summary: 'How account-level lines are shared, by class and from which period on.',
  effect: 'read',
  roles: [...operatorOnly],
  input: z.object({}),
  output: z.object({ rules: z.array(storedRule) }),
  refusals: [],
});

export const putAllocationRule = defineRequest({
  name: 'allocation-rule.put',
  service: 'billing-ingest',
  summary:
    'Set how a class of account-level lines is shared from a period on; ingested invoices of these periods are allocated again.',
  effect: 'command',
  roles: [...operatorOnly],
  input: z.object({ line_class: accountLineClass, from_period: periodOrDate, rule: allocationRule }),
  output: storedRule.extend({ invoices: z.int().min(0) }),
  refusals: [
    'shares-exceed-one',
    'share-without-target',
    'unknown-tenant',
    'unknown-deployment',
    'tenant-mismatch',
    'unknown-kind',
  ],
});

const fxRate = z.object({
  period: periodText,
  from: currencyCode,
  to: currencyCode,
  /** What one unit of `from` is worth in `to`. */
  rate: decimalText,
  source: z.string(),
  set_by: z.string(),
  set_at: instantText,
});

export const listFxRates = defineRequest({
  name: 'fx-rate.list',
  service: 'billing-ingest',
  summary: 'The exchange rates pinned per period.',
  effect: 'read',
  roles: [...operatorOnly],
  input: z.object({ period: periodOrDate.optional() }),
  output: z.object({ rates: z.array(fxRate) }),
  refusals: [],
});

export const putFxRates = defineRequest({
  name: 'fx-rate.put',
  service: 'billing-ingest',
  summary: 'Pin exchange rates, one or a file of them; invoices of these periods are said again with the rate.',
  effect: 'command',
  roles: [...operatorOnly],
  input: z.object({
    rates: z
      .array(
        z.strictObject({
          period: periodOrDate,
          from: currencyCode,
          to: currencyCode,
          rate: decimalText,
          source: z.string().max(200).default('entered by hand'),
        }),
      )
      .max(1200)
      .default([]),
    /** Instead of `rates`: the text of a CSV file with the columns period, from, to, rate and, if wanted, source. */
    csv: z.string().max(200_000).optional(),
  }),
  output: z.object({ rates: z.array(fxRate), invoices: z.int().min(0) }),
  refusals: ['invalid-rate', 'invalid-file'],
});

export const getInvoicePreview = defineRequest({
  name: 'provider-invoice-preview.get',
  service: 'billing-ingest',
  summary: "The provider's month-to-date preview. Replaced each day, and never part of any invoice.",
  effect: 'read',
  roles: [...operatorOnly],
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

/** One difference between what was billed and what was metered. Amounts are in the provider's currency. */
export const reconciliationFinding = z.object({
  finding: z.enum(['billed_not_metered', 'metered_not_billed', 'hours_differ', 'unattributed']),
  kind: z.string(),
  resource_id: uuid.nullable(),
  name: z.string().nullable(),
  tenant_id: tenantId.nullable(),
  deployment_id: uuid.nullable(),
  billed_hours: decimalText.nullable(),
  metered_hours: decimalText.nullable(),
  /** What the difference is worth; null where no price is known. Positive: billed beyond what was metered. */
  amount_cents: cents.nullable(),
  detail: z.string(),
});

export const getReconciliation = defineRequest({
  name: 'reconciliation.get',
  service: 'billing-ingest',
  summary: 'Where the provider billed what was not metered, or the reverse, with its money; and what nobody owns.',
  effect: 'read',
  roles: [...operatorOnly],
  input: pageInput.extend({
    period: periodOrDate,
    finding: z.enum(['billed_not_metered', 'metered_not_billed', 'hours_differ', 'unattributed']).optional(),
  }),
  output: pageOf(reconciliationFinding).extend({
    period: periodText,
    currency: currencyCode,
    /** Whether an invoice of the period was ingested at all. */
    has_invoice: z.boolean(),
    summary: z.array(z.object({ finding: z.string(), count: z.int(), amount_cents: cents })),
  }),
  refusals: ['invalid-cursor'],
});
