import { type Kysely, sql } from 'kysely';

/** Usage that was pushed in. Source and id name a report within its tenant, so that no tenant can take another's ids. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE usage_reports (
      tenant_id text NOT NULL,
      source text NOT NULL,
      id text NOT NULL,
      seq bigint GENERATED ALWAYS AS IDENTITY,
      form text NOT NULL CHECK (form IN ('usage', 'reading')),
      subject text,
      deployment_id uuid NOT NULL,
      kind text NOT NULL,
      time timestamptz NOT NULL,
      quantity numeric NOT NULL CHECK (quantity >= 0),
      accepted_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, source, id)
    )`,
    `CREATE INDEX usage_reports_time ON usage_reports (time, deployment_id) WHERE form = 'usage'`,
    `CREATE INDEX usage_reports_deployment ON usage_reports (deployment_id, kind, time) WHERE form = 'usage'`,
    `CREATE INDEX usage_reports_reading ON usage_reports (deployment_id, kind, subject, time, seq) WHERE form = 'reading'`,
    `CREATE TABLE reading_subjects (
      deployment_id uuid NOT NULL,
      kind text NOT NULL,
      subject text NOT NULL,
      tenant_id text NOT NULL,
      PRIMARY KEY (deployment_id, kind, subject)
    )`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
