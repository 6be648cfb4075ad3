const stateColumns = [
  ...['name', 'status', 'region', 'created_at', 'attrs', 'source_resource_id', 'state_hash', 'deleted_at'],
  ...['effective_at', 'revision', 'entries'],
];
const ownerColumns = ['project_id', 'tenant_id', 'deployment_id', 'attributed_by', 'auto_owner'];

/** Tables that hold what no event carries whole; a database that was set back takes their rows back from the stream. */
export const captures = [
  { table: 'cloud_projects', except: ['last_seen_at', 'last_sweep'] },
  // `restoreObservations` writes what resource.observed carries into these two again, which spares most of their messages.
  {
    table: 'cloud_resource_events',
    inserted: 'NEW.revision IS NULL OR num_nonnulls(NEW.auto_owner, NEW.details, NEW.actor) > 0',
  },
  {
    table: 'cloud_resources',
    inserted: 'NEW.owner_from IS NOT NULL',
    except: [...stateColumns, ...ownerColumns, 'last_seen_at', 'last_sweep', 'observed_at'],
  },
  'deployments',
  'hand_attributions',
  'idempotency',
  // A job that was done is not done again: it would list the account, or read a bill, as of now.
  { table: 'job_runs', inserted: 'false', updated: `NEW.state IN ('done', 'dead')`, deleted: false as const },
  'project_bindings',
  { table: 'project_members', except: ['last_sweep'] },
  'provider_actions',
  'size_prices',
  'sweeps',
  'sync_requests',
  'tag_bindings',
  'tenants',
];

/** The use of the request budget counts again from what the provider answers; pages that are not kept are read. */
export const derivedTables = ['token_budgets', 'listed_pages'];
