/** Tables that hold what no event carries whole; a database that was set back takes their rows back from the stream. */
export const captures = [
  'binding_claims',
  'cloud_deployment_events',
  'cloud_deployments',
  'cloud_provisioned',
  'drift_replies',
  'idempotency',
  'offboarded_resources',
  'saga_orphans',
  'saga_runs',
  'saga_step_attempts',
  'saga_step_results',
];

/** Tables that are written again by consumers, jobs, `restores` or `restored`. */
export const derivedTables = [
  'billing_kind_prices',
  'billing_standing',
  'known_resources',
  'list_prices',
  'metered_usage',
  'subscription_caps',
  'tenants',
  'token_budgets',
];
