import { type Kysely, sql } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE export_health (
      export_id uuid NOT NULL,
      period text NOT NULL,
      failing_since timestamptz NOT NULL,
      error text NOT NULL,
      noticed_at timestamptz,
      PRIMARY KEY (export_id, period)
    )`.execute(db);
  await sql`
    COMMENT ON TABLE export_health IS 'Months of exports that have failed since they were last delivered, or ever; noticed_at: when its tenant and the operator were notified'`.execute(
    db,
  );
}
