import { type Kysely, sql } from 'kysely';

/** What each table holds, for \d+ in psql and for docs/tables.md. */
const comments = {
  cloud_invoices: 'Provider invoices with totals, status and revision',
  cloud_invoice_evidence: 'Provider files of an invoice as received, with their hash',
  cloud_invoice_evidence_chunks: 'Content of the received files, in chunks',
  cloud_cost_lines: 'Lines of provider invoices, with their match',
  cloud_cost_lines_to_match: 'Keys (provider id, name) of unmatched lines, to find them when a resource appears',
  cloud_cost_allocations: 'Shares of cost lines by deployment, tenant, operator or unallocated; they sum to the line',
  cloud_balance_snapshots: 'Provider account balance at each snapshot',
  cloud_invoice_previews: 'Cost of the running month as last read from the provider',
  cloud_preview_kinds: 'Cost of the running month by line kind',
  allocation_rules: 'Operator rules that share account-level lines, each from a period on',
  fx_rates: 'Exchange rates pinned to a period',
  list_prices: 'Provider list prices by size, from price.observed',
  operator_projects: 'Provider projects that belong to the operator itself',
  resource_states: 'States of resources by effective time, from resource.observed, to match and allocate lines',
  deployments: 'Deployments as published by provisioning',
  metered_facts: 'Newest revision of every usage.accrued message consumed',
  metered_lines: 'Usage lines of metered facts, to reconcile with the bill; partitioned by month',
  token_budgets: 'Request budget shared by all services that use one provider token',
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [table, comment] of Object.entries(comments)) {
    await sql`COMMENT ON TABLE ${sql.id(table)} IS ${sql.lit(comment)}`.execute(db);
  }
}
