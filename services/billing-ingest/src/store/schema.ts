import type { Generated } from 'kysely';

/** Rows as they are read: numeric, int8 and dates are texts, never JS numbers or Dates. */
export type Database = {
  cloud_balance_snapshots: {
    provider: string;
    taken_at: string;
    currency: string;
    month_to_date_balance: string;
    account_balance: string;
    month_to_date_usage: string;
    generated_at: string | null;
  };
  cloud_invoices: {
    invoice_uuid: string;
    provider: string;
    invoice_number: string | null;
    period: string;
    currency: string;
    status: 'discovered' | 'reconciled' | 'unreconciled' | 'refused';
    header_amount: string;
    header_minor: string | null;
    csv_minor: string | null;
    items_minor: string | null;
    difference_minor: string | null;
    amount_net_minor: string | null;
    amount_tax_minor: string | null;
    amount_gross_minor: string | null;
    lines: Generated<number>;
    matched: Generated<number>;
    faults: Generated<unknown>;
    evidence_id: string | null;
    reading_id: string | null;
    revision: Generated<number>;
    said_hash: string | null;
    discovered_at: string;
    ingested_at: string | null;
    ingest_count: Generated<number>;
    finance_invoice_id: string | null;
    pushed_to_finance_at: string | null;
    pushed_hash: string | null;
  };
  cloud_invoice_evidence: {
    evidence_id: Generated<string>;
    invoice_uuid: string;
    media_type: string;
    bytes: Generated<string>;
    sha256: string | null;
    lines: number | null;
    received_at: string;
  };
  cloud_invoice_evidence_chunks: { evidence_id: string; chunk_no: number; content: Buffer };
  cloud_cost_lines: {
    reading_id: string;
    line_no: number;
    product: string;
    kind: string;
    description: string;
    group_description: string;
    project_name: string;
    category: string | null;
    hours: string | null;
    start_at: string | null;
    end_at: string | null;
    amount: string;
    amount_minor: string;
    is_tax: boolean;
    provider_ids: string[];
    resource_id: string | null;
    matched_by: 'provider_id' | 'name' | null;
    unmatched_reason: 'destroyed_before_first_sync' | 'tax' | 'account_level' | 'unknown' | null;
  };
  cloud_cost_lines_to_match: { key: string; reading_id: string };
  cloud_cost_allocations: {
    reading_id: string;
    line_no: number;
    share_no: number;
    target: 'deployment' | 'tenant' | 'operator' | 'unallocated';
    tenant_id: string | null;
    deployment_id: string | null;
    amount_minor: string;
    rule: string | null;
  };
  cloud_invoice_previews: {
    provider: string;
    invoice_uuid: string;
    period: string;
    currency: string;
    amount: string;
    updated_at: string | null;
    fetched_at: string;
  };
  cloud_preview_lines: {
    provider: string;
    line_no: number;
    product: string;
    kind: string;
    description: string;
    amount: string;
    resource_id: string | null;
  };
  resource_states: {
    resource_id: string;
    effective_at: string;
    revision: number;
    provider: string;
    kind: string;
    provider_id: string;
    name: string;
    name_key: string;
    is_present: boolean;
    created_at: string | null;
    observed_at: string;
    tenant_id: string | null;
    deployment_id: string | null;
    project_id: string | null;
    source_id: string | null;
    size_slug: string | null;
    units: string | null;
  };
  operator_projects: { project_id: string };
  list_prices: {
    provider: string;
    size_slug: string;
    effective_at: string;
    price_monthly: string;
    price_hourly: string;
  };
  metered_facts: {
    deployment_id: string;
    period_start: string;
    granularity: string;
    revision: number;
    period: string;
    tenant_id: string;
  };
  metered_lines: {
    deployment_id: string;
    period_start: string;
    granularity: string;
    line_no: number;
    period: string;
    tenant_id: string;
    resource_id: string | null;
    kind: string;
    unit_seconds: string;
    divisor: string;
  };
  allocation_rules: { line_class: string; from_period: string; rule: unknown; set_by: string; set_at: string };
  fx_rates: {
    period: string;
    from_currency: string;
    to_currency: string;
    rate: string;
    source: string;
    set_by: string;
    set_at: string;
  };
};
