import { type Kysely, sql } from 'kysely';

/** What each table holds, for \d+ in psql and for docs/tables.md. */
const comments = {
  plans: 'Plans by code',
  plan_versions: 'Priced versions of plans; immutable once published',
  plan_items: 'Billing kinds of a plan version: included quantity, overage price, charge model, cap',
  addons: 'Addons on offer: a quantity of a kind at a price',
  resource_prices: 'Prices by billing kind that apply where a plan has none, from an instant on',
  catalog_seeds: 'Seeds of the catalog that have been applied',
  deployments: 'Deployments as published by provisioning',
  subscriptions: 'Subscriptions of deployments with status and revision',
  subscription_plans: 'Plan version of a subscription from an instant on',
  subscription_addons: 'Addons attached to a subscription, with their copied price',
  subscription_pauses: 'Pauses of a subscription',
  usage_facts: 'Facts consumed from usage.accrued, by revision and close revision; partitioned by month',
  period_closes: 'Closes of periods consumed from period.closed',
  period_close_tenants: 'Sums and hash of a close per tenant, from its manifest',
  forced_runs: 'Tenants whose forced close requested a new invoice for them alone',
  billing_profiles: 'Billing details of tenants: name, address, tax, currency, payment terms',
  number_series: 'Last number given in each series of invoice and credit note numbers',
  tenant_invoices: 'Invoices with totals, status, number and hashes',
  tenant_invoice_lines: 'Lines of invoices, with the terms and quantities that priced them',
  invoice_facts: 'Fact revisions that an invoice billed, for its month and for its adjustments',
  billed_periods: 'Close revision up to which a tenant month is billed',
  invoice_runs: 'Invoice runs of periods with their counts',
  manual_lines: 'Lines that an operator added to the next invoice of a tenant',
  credit_notes: 'Credit notes with totals and number',
  credit_note_lines: 'Lines of credit notes',
  receivables: 'Amounts due by invoice, pushed to finance',
  quotes: 'Quotes with their rating input, result and hash',
  alert_rules: 'Thresholds that raise an alert',
  alert_crossings: 'Thresholds crossed, once per rule and period',
  provider_costs: 'Allocated provider cost by invoice and owner, for margin',
  provider_invoices: 'Provider invoices consumed from invoice.ingested',
  provider_invoice_parts: 'Parts of a divided provider invoice that have arrived',
  proofs: 'Proofs of closed periods with their result',
  invoice_proofs: 'Result of a proof per invoice',
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [table, comment] of Object.entries(comments)) {
    await sql`COMMENT ON TABLE ${sql.id(table)} IS ${sql.lit(comment)}`.execute(db);
  }
}
