import { type Kysely, sql } from 'kysely';

const comments = {
  subscription_caps: 'Hard caps of every revision of every subscription, from subscription.changed',
  metered_usage: 'Usage of each deployment in the present month, from usage.accrued',
};

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE subscription_caps (
      subscription_id uuid NOT NULL,
      revision integer NOT NULL,
      deployment_id uuid NOT NULL,
      plan_code text NOT NULL,
      effective_at timestamptz NOT NULL,
      starts_at timestamptz NOT NULL,
      ends_at timestamptz,
      caps jsonb NOT NULL,
      PRIMARY KEY (subscription_id, revision)
    )`.execute(db);
  await sql`COMMENT ON COLUMN subscription_caps.caps IS 'Highest quantity of a month by billing kind, decimals as text'`.execute(
    db,
  );
  await sql`CREATE INDEX subscription_caps_deployment ON subscription_caps (deployment_id)`.execute(db);
  await sql`
    CREATE TABLE metered_usage (
      deployment_id uuid NOT NULL,
      period_start timestamptz NOT NULL,
      granularity text NOT NULL,
      period_end timestamptz NOT NULL,
      revision integer NOT NULL,
      lines jsonb NOT NULL,
      PRIMARY KEY (deployment_id, period_start, granularity)
    )`.execute(db);
  await sql`COMMENT ON COLUMN metered_usage.lines IS 'Array of kind, divisor and the sum of unit_seconds, decimals as text'`.execute(
    db,
  );
  await sql`CREATE INDEX metered_usage_end ON metered_usage (period_end)`.execute(db);
  await sql`ALTER TABLE known_resources ADD COLUMN created_at timestamptz`.execute(db);
  await sql`COMMENT ON COLUMN known_resources.created_at IS 'Creation at the provider; null: unknown'`.execute(db);
  for (const [table, comment] of Object.entries(comments)) {
    await sql`COMMENT ON TABLE ${sql.id(table)} IS ${sql.lit(comment)}`.execute(db);
  }
}
