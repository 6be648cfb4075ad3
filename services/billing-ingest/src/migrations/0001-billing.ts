import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * The bill: balance, invoices with their evidence, lines and allocations. Each reading of an invoice writes lines under a
 * number of its own, and the invoice points at the one that counts: so a file of any length is copied in beside the lines that stand,
 * and they are exchanged as a set.
 */
const invoices = [
  `CREATE TABLE cloud_balance_snapshots (
    provider text NOT NULL,
    taken_at timestamptz NOT NULL,
    currency text NOT NULL,
    month_to_date_balance numeric NOT NULL,
    account_balance numeric NOT NULL,
    month_to_date_usage numeric NOT NULL,
    generated_at timestamptz,
    PRIMARY KEY (provider, taken_at)
  )`,
  `CREATE TABLE cloud_invoices (
    invoice_uuid text PRIMARY KEY,
    provider text NOT NULL,
    invoice_number text,
    period text NOT NULL,
    currency text NOT NULL,
    status text NOT NULL CHECK (status IN ('discovered', 'reconciled', 'unreconciled', 'refused')),
    header_amount numeric NOT NULL,
    header_minor bigint,
    csv_minor bigint,
    items_minor bigint,
    difference_minor bigint,
    amount_net_minor bigint,
    amount_tax_minor bigint,
    amount_gross_minor bigint,
    lines integer NOT NULL DEFAULT 0,
    matched integer NOT NULL DEFAULT 0,
    faults jsonb NOT NULL DEFAULT '[]',
    evidence_id bigint,
    reading_id bigint UNIQUE,
    revision integer NOT NULL DEFAULT 0,
    said_hash text,
    discovered_at timestamptz NOT NULL,
    ingested_at timestamptz,
    ingest_count integer NOT NULL DEFAULT 0,
    finance_invoice_id text,
    pushed_to_finance_at timestamptz,
    pushed_hash text
  )`,
  `CREATE INDEX cloud_invoices_period ON cloud_invoices (period DESC, invoice_uuid)`,
  `CREATE TABLE cloud_invoice_evidence (
    evidence_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    invoice_uuid text NOT NULL REFERENCES cloud_invoices,
    media_type text NOT NULL,
    bytes bigint NOT NULL DEFAULT 0,
    sha256 text,
    lines integer,
    received_at timestamptz NOT NULL,
    UNIQUE (invoice_uuid, sha256)
  )`,
  `CREATE TABLE cloud_invoice_evidence_chunks (
    evidence_id bigint NOT NULL REFERENCES cloud_invoice_evidence ON DELETE CASCADE,
    chunk_no integer NOT NULL,
    content bytea STORAGE EXTERNAL NOT NULL,
    PRIMARY KEY (evidence_id, chunk_no)
  )`,
  `CREATE SEQUENCE reading_numbers`,
  `CREATE TABLE cloud_cost_lines (
    reading_id bigint NOT NULL,
    line_no integer NOT NULL,
    product text NOT NULL,
    kind text NOT NULL,
    description text NOT NULL,
    group_description text NOT NULL,
    project_name text NOT NULL,
    category text,
    hours numeric,
    start_at timestamptz,
    end_at timestamptz,
    amount numeric NOT NULL,
    amount_minor bigint NOT NULL,
    is_tax boolean NOT NULL,
    provider_ids text[] NOT NULL DEFAULT '{}',
    resource_id uuid,
    matched_by text,
    unmatched_reason text,
    PRIMARY KEY (reading_id, line_no)
  )`,
  `CREATE INDEX cloud_cost_lines_resource ON cloud_cost_lines (resource_id) WHERE resource_id IS NOT NULL`,
  `CREATE TABLE cloud_cost_lines_to_match (
    key text NOT NULL,
    reading_id bigint NOT NULL,
    PRIMARY KEY (key, reading_id)
  )`,
  `CREATE INDEX cloud_cost_lines_to_match_reading ON cloud_cost_lines_to_match (reading_id)`,
  `CREATE TABLE cloud_cost_allocations (
    reading_id bigint NOT NULL,
    line_no integer NOT NULL,
    share_no integer NOT NULL,
    target text NOT NULL CHECK (target IN ('deployment', 'tenant', 'operator', 'unallocated')),
    tenant_id text,
    deployment_id uuid,
    amount_minor bigint NOT NULL,
    rule text,
    milliseconds bigint,
    PRIMARY KEY (reading_id, line_no, share_no)
  )`,
];

/** The month-to-date preview has tables of its own, so that no sum over invoices can ever hold it. */
const preview = [
  `CREATE TABLE cloud_invoice_previews (
    provider text PRIMARY KEY,
    invoice_uuid text NOT NULL,
    period text NOT NULL,
    currency text NOT NULL,
    amount numeric NOT NULL,
    updated_at timestamptz,
    fetched_at timestamptz NOT NULL
  )`,
  `CREATE TABLE cloud_preview_lines (
    provider text NOT NULL REFERENCES cloud_invoice_previews ON DELETE CASCADE,
    line_no integer NOT NULL,
    product text NOT NULL,
    kind text NOT NULL,
    description text NOT NULL,
    amount numeric NOT NULL,
    resource_id uuid,
    PRIMARY KEY (provider, line_no)
  )`,
];

/** What inventory and metering have said, as far as matching and reconciling need it. */
const projections = [
  `CREATE TABLE resource_states (
    resource_id uuid NOT NULL,
    effective_at timestamptz NOT NULL,
    revision integer NOT NULL,
    provider text NOT NULL,
    kind text NOT NULL,
    provider_id text NOT NULL,
    name text NOT NULL,
    name_key text NOT NULL,
    is_present boolean NOT NULL,
    created_at timestamptz,
    observed_at timestamptz NOT NULL,
    tenant_id text,
    deployment_id uuid,
    project_id uuid,
    source_id uuid,
    size_slug text,
    units numeric,
    PRIMARY KEY (resource_id, effective_at)
  )`,
  `CREATE INDEX resource_states_name ON resource_states (name_key)`,
  `CREATE INDEX resource_states_provider_id ON resource_states (provider_id)`,
  `CREATE INDEX resource_states_observed ON resource_states (provider, observed_at)`,
  `CREATE TABLE operator_projects (project_id uuid PRIMARY KEY)`,
  `CREATE TABLE list_prices (
    provider text NOT NULL,
    size_slug text NOT NULL,
    effective_at timestamptz NOT NULL,
    price_monthly numeric NOT NULL,
    price_hourly numeric NOT NULL,
    PRIMARY KEY (provider, size_slug, effective_at)
  )`,
  `CREATE TABLE metered_facts (
    deployment_id uuid NOT NULL,
    period_start timestamptz NOT NULL,
    granularity text NOT NULL,
    revision integer NOT NULL,
    period text NOT NULL,
    tenant_id text NOT NULL,
    PRIMARY KEY (deployment_id, period_start, granularity)
  )`,
  `CREATE INDEX metered_facts_period ON metered_facts (period)`,
  `CREATE TABLE metered_lines (
    deployment_id uuid NOT NULL,
    period_start timestamptz NOT NULL,
    granularity text NOT NULL,
    line_no integer NOT NULL,
    period text NOT NULL,
    tenant_id text NOT NULL,
    resource_id uuid,
    kind text NOT NULL,
    unit_seconds numeric NOT NULL,
    divisor numeric NOT NULL,
    PRIMARY KEY (deployment_id, period_start, granularity, line_no)
  ) PARTITION BY RANGE (period_start)`,
  `CREATE TABLE metered_lines_default PARTITION OF metered_lines DEFAULT`,
  `CREATE INDEX metered_lines_period ON metered_lines (period, resource_id, kind)`,
];

/** What the operator sets. */
const settings = [
  `CREATE TABLE allocation_rules (
    line_class text NOT NULL,
    from_period text NOT NULL,
    rule jsonb NOT NULL,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL,
    PRIMARY KEY (line_class, from_period)
  )`,
  `CREATE TABLE fx_rates (
    period text NOT NULL,
    from_currency text NOT NULL,
    to_currency text NOT NULL,
    rate numeric NOT NULL,
    source text NOT NULL,
    set_by text NOT NULL,
    set_at timestamptz NOT NULL,
    PRIMARY KEY (period, from_currency, to_currency)
  )`,
];

export const billing: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of [...invoices, ...preview, ...projections, ...settings])
      await sql.raw(statement).execute(db);
  },
};
