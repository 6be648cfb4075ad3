import { type Kysely, sql } from 'kysely';

/**
 * To whom a project of the provider belongs, and the names by which bills call it: a line of a resource that inventory does not know
 * still names its project. A former name is kept, because an old bill has it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE provider_projects (
      project_id uuid NOT NULL,
      name_key text NOT NULL,
      provider text NOT NULL,
      is_current boolean NOT NULL,
      is_internal boolean NOT NULL,
      tenant_id text,
      PRIMARY KEY (project_id, name_key)
    )`.execute(db);
  await sql`CREATE INDEX provider_projects_name ON provider_projects (name_key)`.execute(db);
  await sql`
    CREATE TABLE deployment_projects (
      deployment_id uuid NOT NULL,
      revision integer NOT NULL,
      effective_at timestamptz NOT NULL,
      tenant_id text NOT NULL,
      project_ids uuid[] NOT NULL,
      PRIMARY KEY (deployment_id, revision)
    )`.execute(db);
  await sql`CREATE INDEX deployment_projects_project ON deployment_projects USING gin (project_ids)`.execute(db);
  await sql`COMMENT ON TABLE provider_projects IS 'Present and former names of the provider projects, with their classification'`.execute(
    db,
  );
  await sql`COMMENT ON TABLE deployment_projects IS 'Projects bound to a deployment by each of its revisions, from deployment.changed'`.execute(
    db,
  );
}
