/** Tables that hold what no event carries whole; a database that was set back takes their rows back from the stream. */
export const captures = [
  'allocation_rules',
  'cloud_balance_snapshots',
  'cloud_invoice_acceptances',
  'cloud_invoice_evidence',
  'cloud_invoice_evidence_chunks',
  'cloud_invoices',
  'deployment_projects',
  'deployments',
  'fx_rates',
  'idempotency',
  // A job that was done is not done again: it would list the account, or read a bill, as of now.
  { table: 'job_runs', inserted: 'false', updated: `NEW.state IN ('done', 'dead')`, deleted: false as const },
  'operator_projects',
  'provider_projects',
  'replaced_rows',
  'tenants',
];

/** Tables that are written again by consumers and jobs. `restored` has the lines of an invoice read again from the provider, and matched again. */
export const derivedTables = [
  'cloud_cost_allocations',
  'cloud_cost_lines',
  'cloud_cost_lines_to_match',
  'cloud_invoice_previews',
  'cloud_preview_kinds',
  'list_prices',
  'metered_facts',
  'metered_lines',
  'resource_states',
  'token_budgets',
];

/** Tables that one consumer alone writes, by its name; `arcadia rebuild` has them written again. Bills are matched again afterwards, and only a match that changed is published. */
export const projections = {
  resources: ['list_prices', 'resource_states'],
  usage: ['metered_facts', 'metered_lines'],
};
