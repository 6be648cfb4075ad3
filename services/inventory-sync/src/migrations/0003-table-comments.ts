import { type Kysely, sql } from 'kysely';

/** What each table holds, for \d+ in psql and for docs/tables.md. */
const comments = {
  cloud_resources: 'Every resource ever seen on the provider account, with its present state, owner and revision',
  cloud_resource_events: 'Event log of resources: every change with its cause, effective and observed times',
  cloud_projects: 'Provider projects with purpose and tenant default',
  project_members: 'Resources that a provider project lists',
  hand_attributions: 'Owners that an operator assigned by hand, from an instant on',
  deployments: 'Deployments as published by provisioning',
  project_bindings: 'Provider projects whose resources belong to a deployment',
  tag_bindings: 'Tags whose resources belong to a deployment',
  provider_actions: 'Power and resize actions read from the provider, by droplet',
  size_prices: 'Newest list price of every droplet size',
  sweeps: 'Every listing of a resource kind: complete, failed, or parked for confirmation',
  sync_requests: 'Syncs that an operator requested',
  token_budgets: 'Request budget shared by all services that use one provider token',
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [table, comment] of Object.entries(comments)) {
    await sql`COMMENT ON TABLE ${sql.id(table)} IS ${sql.lit(comment)}`.execute(db);
  }
}
