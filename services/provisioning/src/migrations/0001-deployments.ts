import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE cloud_deployments (
      deployment_id uuid PRIMARY KEY,
      tenant_id text NOT NULL,
      slug text NOT NULL,
      display_name text NOT NULL,
      region text,
      state text NOT NULL CHECK (state IN ('trial', 'active', 'past_due', 'paused', 'suspended', 'cancelled', 'archived')),
      -- Who brought it into its state: what billing did, billing may undo.
      state_by text NOT NULL CHECK (state_by IN ('person', 'billing', 'saga')),
      llm_mode text,
      billing_action_suspended boolean NOT NULL,
      template_code text,
      template_version text,
      project_bindings jsonb NOT NULL,
      tag_bindings jsonb NOT NULL,
      revision integer NOT NULL,
      created_at timestamptz NOT NULL,
      -- Of the last change: the next one may not take effect before it.
      effective_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      UNIQUE (tenant_id, slug)
    )`.execute(db);
  await sql`CREATE INDEX cloud_deployments_slug ON cloud_deployments (slug, deployment_id)`.execute(db);
  await sql`
    CREATE TABLE cloud_deployment_events (
      deployment_id uuid NOT NULL REFERENCES cloud_deployments,
      revision integer NOT NULL,
      change text NOT NULL CHECK (change IN ('created', 'updated', 'transitioned')),
      previous_state text,
      state text NOT NULL,
      changed jsonb NOT NULL,
      actor text NOT NULL,
      reason text,
      effective_at timestamptz NOT NULL,
      recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (deployment_id, revision)
    )`.execute(db);
  // A project or a tag makes a resource one deployment's, so no two may claim the same.
  await sql`
    CREATE TABLE binding_claims (
      claim text PRIMARY KEY,
      deployment_id uuid NOT NULL REFERENCES cloud_deployments
    )`.execute(db);
  await sql`CREATE INDEX binding_claims_deployment ON binding_claims (deployment_id)`.execute(db);
  // Which invoices of a deployment were overdue and which of those are settled; either may be heard first.
  await sql`
    CREATE TABLE billing_standing (
      invoice_id uuid NOT NULL,
      deployment_id uuid NOT NULL,
      overdue_at timestamptz,
      settled_at timestamptz,
      PRIMARY KEY (deployment_id, invoice_id)
    )`.execute(db);
}
