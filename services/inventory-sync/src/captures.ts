/** Tables that hold what no event carries whole; a database that was set back takes their rows back from the stream. */
export const captures = [
  { table: 'cloud_projects', except: ['last_seen_at', 'last_sweep'] },
  'cloud_resource_events',
  // A sweep that finds a resource unchanged changes these columns alone; `restored` brings them near to what they were.
  { table: 'cloud_resources', except: ['last_seen_at', 'last_sweep', 'observed_at'] },
  'deployments',
  'hand_attributions',
  'idempotency',
  // A job that was done is not done again: it would list the account, or read a bill, as of now.
  { table: 'job_runs', only: { column: 'state', values: ['done', 'dead'] } },
  'project_bindings',
  { table: 'project_members', except: ['last_sweep'] },
  'provider_actions',
  'size_prices',
  'sweeps',
  'sync_requests',
  'tag_bindings',
  'tenants',
];

/** The use of the request budget counts again from what the provider answers. */
export const derivedTables = ['token_budgets'];
