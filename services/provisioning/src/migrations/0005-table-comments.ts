import { type Kysely, sql } from 'kysely';

/** What each table holds, for \d+ in psql and for docs/tables.md. */
const comments = {
  cloud_deployments: 'Deployments with their state, bindings and revision',
  cloud_deployment_events: 'Event log of deployments: every change with actor and reason',
  binding_claims: 'Provider projects and tags claimed by a deployment, each by one at a time',
  cloud_provisioned: 'Expected state (spec) of every resource that provisioning manages, with its version',
  known_resources: 'Resources as observed by the inventory, to know which belong to a deployment',
  saga_runs: 'Sagas with inputs, status and lease',
  saga_step_results: 'Result of every saga step, forward and compensating',
  saga_step_attempts: 'Every attempt of a saga step with its provider call and outcome',
  drift_replies: 'Answers to drift requests, so that each is published once',
  token_budgets: 'Request budget shared by all services that use one provider token',
  billing_standing: 'Overdue and settled invoices of every deployment, from invoicing events',
};

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const [table, comment] of Object.entries(comments)) {
    await sql`COMMENT ON TABLE ${sql.id(table)} IS ${sql.lit(comment)}`.execute(db);
  }
}
