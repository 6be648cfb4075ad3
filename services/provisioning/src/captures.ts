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

/** Tables that one consumer alone writes, by its name; `arcadia rebuild` has them written again. The standing of bills is not among them: its consumer moves deployments. */
export const projections = {
  prices: ['list_prices'],
  'list-prices': ['billing_kind_prices'],
  resources: ['known_resources'],
  subscriptions: ['subscription_caps'],
  tenants: ['tenants'],
  usage: ['metered_usage'],
};
