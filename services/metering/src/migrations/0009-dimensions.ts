import { type Kysely, sql } from 'kysely';

/**
 * An observation has a measure for each billing kind and dimension, in three arrays; a state is that of one of them. Units that
 * are NULL are unknown; earlier versions stored them as 0. No dimension is an empty text, so that it can be part of a key.
 * `metering_config.dimension` names the dimension that the facts of a kind contain, NULL for none; the service adds it at its
 * start, in a database with metered days from the next day on.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  const sizes = `('volume', 'snapshot', 'droplet_backup', 'spaces_bucket')`;
  const units = (alias: string) =>
    `CASE WHEN ${alias}is_present AND ${alias}kind IN ${sizes} AND ${alias}attrs ->> 'size_gb' IS NULL THEN NULL ELSE ${alias}units END`;
  const size = (alias: string) =>
    `CASE WHEN ${alias}is_present AND ${alias}kind = 'droplet' THEN coalesce(${alias}attrs ->> 'size_slug', '') ELSE '' END`;
  const statements = [
    `ALTER TABLE states ADD COLUMN dimension text COLLATE "C" NOT NULL DEFAULT '', ALTER COLUMN units DROP NOT NULL`,
    `UPDATE states s SET dimension = ${size('o.')}, units = ${units('o.')}
      FROM observations o WHERE o.resource_id = s.resource_id AND o.revision = s.revision
        AND (s.dimension, s.units) IS DISTINCT FROM (${size('o.')}, ${units('o.')})`,
    `ALTER TABLE states DROP CONSTRAINT states_pkey`,
    `ALTER TABLE states ADD CONSTRAINT states_pkey PRIMARY KEY (resource_id, starts_at, billing_kind, dimension)`,
    `ALTER TABLE observations ADD COLUMN dimensions text[] NOT NULL DEFAULT '{}'`,
    // One pass over the table: every expression reads the columns as they were.
    `ALTER TABLE observations
      ALTER COLUMN billing_kind TYPE text[] USING ARRAY[billing_kind],
      ALTER COLUMN units TYPE numeric[] USING ARRAY[${units('')}],
      ALTER COLUMN dimensions TYPE text[] USING ARRAY[${size('')}],
      ALTER COLUMN dimensions DROP DEFAULT`,
    `ALTER TABLE observations RENAME COLUMN billing_kind TO billing_kinds`,
    `ALTER TABLE usage_records ADD COLUMN dimension text COLLATE "C" NOT NULL DEFAULT ''`,
    `ALTER TABLE usage_records DROP CONSTRAINT usage_records_key`,
    `ALTER TABLE usage_records ADD CONSTRAINT usage_records_key
      UNIQUE NULLS NOT DISTINCT (period_start, deployment_id, resource_id, kind, dimension, granularity)`,
    `ALTER TABLE replay_differences ADD COLUMN dimension text NOT NULL DEFAULT ''`,
    `ALTER TABLE metering_config ADD COLUMN dimension text`,
    `COMMENT ON TABLE states IS 'States derived from the observations: owner of a resource and units of each billing kind and dimension from starts_at to ends_at; NULL units are unknown'`,
    `COMMENT ON TABLE usage_records IS 'Facts: unit-seconds of one resource, kind and dimension in one day or hour; partitioned by month'`,
    `COMMENT ON TABLE metering_config IS 'Configuration of every billing kind by revision: unit, dimension, granularity, retention'`,
  ];
  for (const statement of statements) await sql.raw(statement).execute(db);
}
