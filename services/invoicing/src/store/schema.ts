import type { Json } from '@arcadia/contracts';
import type { Generated, Kysely } from 'kysely';
import type { Customer, Supplier } from '../domain/invoices/party.ts';
import type { KeptInput } from '../domain/rating/kept-input.ts';
import type { PriceItem, TaxPolicy } from '../domain/rating/terms.ts';
import type { CostTables } from './costs/cost-tables.ts';
import type { InvoiceLineRow } from './invoices/invoice-line-row.ts';
import type { RunTables } from './invoices/run-tables.ts';
import type { PrepaidTables } from './prepaid/prepaid-tables.ts';
import type { PreviewTables } from './previews/preview-tables.ts';
import type { TermTables } from './terms/term-tables.ts';

type OtherTables = CostTables & PreviewTables & TermTables & PrepaidTables & RunTables;

/** Tables as kysely sees them: numeric and bigint are text, instants are RFC 3339 text, dates YYYY-MM-DD. */
export type Tables = OtherTables & {
  plans: { plan_code: string; name: string; created_at: string };
  plan_versions: {
    plan_code: string;
    version: number;
    status: 'draft' | 'active' | 'retired';
    base_price_cents: string;
    currency: string;
    proration: 'none' | 'daily';
    provider_bill: 'wait' | 'adjust' | null;
    offered_to: string[] | null;
    published_at: string | null;
    retired_at: string | null;
  };
  plan_items: {
    plan_code: string;
    version: number;
    kind: string;
    dimension: string | null;
    included_qty: string;
    overage_unit: string;
    overage_price_cents: string | null;
    charge_model: PriceItem['charge_model'];
    tiers: string | null;
    parameters: string | null;
    hard_cap_qty: string | null;
  };
  addons: {
    addon_code: string;
    name: string;
    resource_kind: string;
    qty: string;
    price_cents: string;
    currency: string;
    is_offered: boolean;
  };
  tenants: { tenant_id: string; created_at: string | null; is_published: boolean };
  billing_profiles: BillingProfileRow & { revision: Generated<number> };
  catalog_seeds: { name: string; seeded_at: string };
  deployments: {
    deployment_id: string;
    tenant_id: string;
    slug: string;
    display_name: string;
    state: string;
    revision: number;
  };
  subscriptions: {
    subscription_id: string;
    deployment_id: string;
    tenant_id: string;
    revision: number;
    currency: string;
    starts_at: string;
    ends_at: string | null;
    trial_ends_at: string | null;
    quote_id: string | null;
    created_at: string;
  };
  subscription_plans: { subscription_id: string; effective_at: string; plan_code: string; version: number };
  subscription_pauses: { subscription_id: string; paused_at: string; resumed_at: string | null };
  subscription_addons: {
    addon_id: string;
    subscription_id: string;
    addon_code: string;
    resource_kind: string;
    qty: string;
    price_cents: string;
    quantity: number;
    starts_at: string;
    ends_at: string | null;
  };
  quotes: {
    quote_id: string;
    tenant_id: string | null;
    period: string;
    plan_code: string;
    version: number;
    usage: string;
    input: string;
    output: string;
    input_hash: string;
    output_hash: string;
    valid_until: string;
    created_at: string;
    created_by: string;
  };
  tenant_invoices: InvoiceRow & {
    /** A text: compressed, as `readKept` reads it. */
    input: KeptInput | string;
    unrated: Json;
    /** By deployment id, as they were when the invoice was made; null on older invoices. */
    deployment_names: Record<string, string> | null;
  };
  tenant_invoice_lines: InvoiceLineRow;
  manual_lines: {
    manual_line_id: string;
    tenant_id: string;
    period: string;
    deployment_id: string | null;
    description: string;
    qty: string;
    unit: string;
    unit_price_cents: string;
    amount_cents: string;
    invoice_id: string | null;
    /** The part of a negative line that was credited, because its month came to less than zero. */
    credited_cents: Generated<string>;
    created_at: string;
  };
  credit_notes: CreditNoteRow;
  payments: {
    payment_id: string;
    invoice_id: string;
    tenant_id: string;
    amount_cents: string;
    paid_at: string;
    reference: string;
    recorded_at: string;
    recorded_by: string;
  };
  credit_applications: { credit_note_id: string; invoice_id: string; amount_cents: string; applied_at: string };
  credit_note_lines: {
    credit_note_id: string;
    position: number;
    line_id: string;
    line_key: string;
    deployment_id: string | null;
    resource_kind: string | null;
    description: string;
    amount_cents: string;
    adjusts_period: string | null;
    adjusts_key: string | null;
  };
  receivables: {
    document: 'invoice' | 'void' | 'credit_note';
    document_id: string;
    position: Generated<string>;
    tenant_id: string;
    number: string;
    attempts: Generated<number>;
    last_error: string | null;
    pushed_at: string | null;
    finance_id: string | null;
  };
  period_closes: {
    period: string;
    revision: number;
    closed_at: string;
    is_forced: boolean;
    hash: string;
    /** The way in which the close hashed its facts; null: it names none. */
    hash_version: number | null;
  };
  period_close_tenants: {
    period: string;
    revision: number;
    tenant_id: string;
    facts: number;
    hash: string;
    deployments: string;
  };
  usage_known: { period: string; granularity: 'daily' | 'hourly'; until: string };
  alert_rules: {
    alert_id: string;
    tenant_id: string;
    deployment_id: string;
    basis: 'included_percent' | 'money';
    kind: string | null;
    value: string;
    created_at: string;
    ended_at: string | null;
    ended_by: string | null;
  };
  alert_crossings: { alert_id: string; period: string; deployment_id: string; reached: string; crossed_at: string };
};

export type BillingProfileRow = {
  tenant_id: string;
  name: string;
  address: string[];
  registration_number: string | null;
  /** ISO 3166 code of two letters; null: unknown. */
  country: string | null;
  buyer_reference: string | null;
  currency: string;
  payment_terms_days: number;
  tax: TaxPolicy;
  language: 'en' | 'de';
  email_recipients: string[];
};

/** An invoice without what grows with the tenant: what its rating read, the usage that it does not bill, and names. */
export type InvoiceRow = {
  invoice_id: string;
  tenant_id: string;
  period: string;
  period_start: string;
  period_end: string;
  status: 'draft' | 'issued' | 'paid' | 'void';
  number: string | null;
  currency: string;
  is_tax_inclusive: boolean;
  subtotal_cents: string;
  tax_cents: string;
  total_cents: string;
  issue_at: string;
  issued_at: string | null;
  due_on: string | null;
  close_revision: number;
  rating_version: string;
  input_hash: string;
  output_hash: string;
  /** Of the facts of its own month as they stood at its close (`metering.factsHash`). */
  facts_hash: string | null;
  customer: Customer;
  supplier: Supplier;
  paid_at: string | null;
  payment_reference: string | null;
  voided_at: string | null;
  void_reason: string | null;
  replaced_by: string | null;
  overdue_at: string | null;
  finance_invoice_id: string | null;
  pushed_to_finance_at: string | null;
  /** Why it was made although the provider's bill was not known; null: it contains the bill, or needs none. */
  without_bill_reason: string | null;
};

export type CreditNoteRow = {
  credit_note_id: string;
  /** Null: what the lines of a month came to below zero (`excess`). */
  invoice_id: string | null;
  tenant_id: string;
  period: string;
  number: string;
  kind: 'goodwill' | 'correction' | 'excess';
  currency: string;
  net_cents: string;
  tax_cents: string;
  total_cents: string;
  reason: string;
  issued_at: string;
  /** Neither applied to an invoice nor refunded yet, with tax. */
  open_cents: string;
  refunded_cents: string;
  refunded_at: string | null;
  refund_reference: string | null;
  /** Null, as the following ones, on older credit notes: then those of the invoice hold. */
  supplier: Supplier | null;
  customer: Customer | null;
  tax: TaxPolicy | null;
  deployment_names: Record<string, string> | null;
  finance_credit_id: string | null;
  pushed_to_finance_at: string | null;
};

export type Db = Kysely<Tables>;
