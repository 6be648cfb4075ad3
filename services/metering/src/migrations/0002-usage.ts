import { type Kysely, sql } from 'kysely';

/**
 * `usage_records` are the facts line by line; `accruals` has one row for each message they were said in, with the revision
 * that stands. Both keys begin with the time, so that a day's rows lie together and new ones go to the end of the index.
 * Kinds are ordered by their bytes, as the hashes are, so that the index alone gives a message's lines in their order.
 * `metered_days`: what is heard later about the time before `metered_until` is late; `accrued_until` is how far facts stand.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const statements = [
    `CREATE TABLE usage_records (
      period_start timestamptz NOT NULL,
      deployment_id uuid NOT NULL,
      resource_id uuid,
      kind text COLLATE "C" NOT NULL,
      granularity text NOT NULL,
      tenant_id text NOT NULL,
      unit_seconds numeric NOT NULL,
      divisor integer NOT NULL,
      revision integer NOT NULL,
      observations integer[] NOT NULL,
      sub_attribution jsonb,
      CONSTRAINT usage_records_key
        UNIQUE NULLS NOT DISTINCT (period_start, deployment_id, resource_id, kind, granularity)
    ) PARTITION BY RANGE (period_start)`,
    `CREATE INDEX usage_records_tenant ON usage_records (tenant_id, period_start, deployment_id, kind)
      INCLUDE (unit_seconds, divisor)`,
    `CREATE TABLE accruals (
      period_start timestamptz NOT NULL,
      deployment_id uuid NOT NULL,
      granularity text NOT NULL,
      tenant_id text NOT NULL,
      revision integer NOT NULL,
      close_revision integer NOT NULL,
      lines integer NOT NULL,
      hash text NOT NULL,
      run_id uuid NOT NULL,
      metered_at timestamptz NOT NULL,
      CONSTRAINT accruals_key PRIMARY KEY (period_start, deployment_id, granularity)
    ) PARTITION BY RANGE (period_start)`,
    `CREATE TABLE metered_days (
      day date PRIMARY KEY,
      starts_at timestamptz NOT NULL,
      metered_until timestamptz NOT NULL,
      accrued_until timestamptz
    )`,
    `CREATE TABLE pending_days (
      day date NOT NULL,
      deployment_id uuid NOT NULL,
      PRIMARY KEY (day, deployment_id)
    )`,
    `CREATE TABLE metering_config (
      kind text NOT NULL,
      revision integer NOT NULL,
      effective_from date NOT NULL,
      unit text NOT NULL,
      per text CHECK (per IN ('hour', 'month')),
      resource_kind text,
      granularity text NOT NULL CHECK (granularity IN ('daily', 'hourly')),
      retention_days integer NOT NULL,
      is_enabled boolean NOT NULL,
      changed_by text NOT NULL,
      changed_at timestamptz,
      PRIMARY KEY (kind, revision)
    )`,
    `INSERT INTO metering_config
      (kind, revision, effective_from, unit, per, resource_kind, granularity, retention_days, is_enabled, changed_by)
    SELECT kind, 1, '1970-01-01', unit, per, resource_kind, 'daily', 400, true, 'service:metering'
    FROM (VALUES
      ('droplet_hours', 'hour', 'hour', 'droplet'),
      ('spaces_gb_month', 'GB-month', 'month', 'spaces_bucket'),
      ('snapshot_gb_month', 'GB-month', 'month', 'snapshot'),
      ('backup_gb_month', 'GB-month', 'month', 'droplet_backup'),
      ('volume_gb_month', 'GB-month', 'month', 'volume'),
      ('dns_zones', 'zone-month', 'month', 'dns_zone'),
      ('floating_ip_hours', 'hour', 'hour', 'floating_ip'),
      ('load_balancer_hours', 'hour', 'hour', 'load_balancer'),
      ('bandwidth_gb', 'GB', NULL, NULL),
      ('llm_input_tokens', 'token', NULL, NULL),
      ('llm_output_tokens', 'token', NULL, NULL)
    ) AS known (kind, unit, per, resource_kind)`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
