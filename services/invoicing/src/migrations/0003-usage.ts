import { type Kysely, sql } from 'kysely';

/**
 * Every revision of every fact is kept, because an invoice is made as of a close. A revision stands at close R when its own
 * `close_revision` is at most R and the revision that replaced it counts only from a later close (`superseded_at`).
 * The sums by kind stand beside the lines so that an invoice need not open the lines.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE usage_facts (
      period text NOT NULL,
      tenant_id text NOT NULL,
      deployment_id uuid NOT NULL,
      day date NOT NULL,
      granularity text NOT NULL,
      period_start timestamptz NOT NULL,
      period_end timestamptz NOT NULL,
      revision integer NOT NULL,
      close_revision integer NOT NULL,
      superseded_at integer,
      hash text NOT NULL,
      kinds text[] NOT NULL,
      divisors numeric[] NOT NULL,
      unit_seconds numeric[] NOT NULL,
      lines jsonb NOT NULL,
      event_id uuid NOT NULL,
      stream text NOT NULL,
      seq bigint NOT NULL,
      adjusted_by uuid,
      PRIMARY KEY (tenant_id, deployment_id, day, period_start, granularity, revision)
    ) PARTITION BY RANGE (day)`,
    `CREATE INDEX usage_facts_late ON usage_facts (tenant_id, period) WHERE close_revision > 1`,
    `CREATE TABLE period_closes (
      period text NOT NULL,
      revision integer NOT NULL,
      closed_at timestamptz NOT NULL,
      is_forced boolean NOT NULL,
      hash text NOT NULL,
      PRIMARY KEY (period, revision)
    )`,
    `CREATE TABLE period_close_tenants (
      period text NOT NULL,
      revision integer NOT NULL,
      tenant_id text NOT NULL,
      facts integer NOT NULL,
      hash text NOT NULL,
      deployments jsonb NOT NULL,
      PRIMARY KEY (period, revision, tenant_id)
    )`,
    // A forced close that was asked for one tenant alone reissues for that tenant alone.
    `CREATE TABLE forced_runs (
      period text NOT NULL,
      tenant_id text NOT NULL,
      requested_at timestamptz NOT NULL,
      PRIMARY KEY (period, tenant_id)
    )`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
