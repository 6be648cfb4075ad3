import { type Kysely, sql } from 'kysely';

/** Previews of tenants with many deployments are kept until what they rest on changes, and read by pages. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    'CREATE TABLE usage_revisions (tenant_id text PRIMARY KEY, revision bigint NOT NULL)',
    `COMMENT ON TABLE usage_revisions IS 'Counts by tenant how often usage was consumed; a kept preview of another count is outdated'`,
    `CREATE TABLE previews (
      tenant_id text NOT NULL,
      period text NOT NULL,
      revision text NOT NULL,
      summary jsonb NOT NULL,
      kept_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id, period)
    )`,
    `COMMENT ON TABLE previews IS 'Previews of tenants with many deployments, valid while their revision is that of what they rest on'`,
    `CREATE TABLE preview_rows (
      tenant_id text NOT NULL,
      period text NOT NULL,
      list text NOT NULL,
      position integer NOT NULL,
      rows jsonb NOT NULL,
      PRIMARY KEY (tenant_id, period, list, position),
      FOREIGN KEY (tenant_id, period) REFERENCES previews ON DELETE CASCADE
    )`,
    `COMMENT ON TABLE preview_rows IS 'Rows of the lists of a kept preview, some hundred in each; position is that of the first'`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
