import pg from 'pg';

/**
 * The bare limit of metering: one ordered INSERT … SELECT for each day, from a table of states into a table of the same
 * columns and indexes as the facts, without comparing, hashing or publishing. Also the SUM from a covering index.
 * Imports none of our code.
 */
export async function openInsertSelect(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`
    CREATE TABLE bare_states (
      resource_id uuid NOT NULL, starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, kind text NOT NULL,
      dimension text NOT NULL, units numeric NOT NULL, tenant_id text NOT NULL, deployment_id uuid NOT NULL, revision integer NOT NULL,
      PRIMARY KEY (resource_id, starts_at, kind, dimension)
    );
    CREATE TABLE bare_facts (
      period_start timestamptz NOT NULL, deployment_id uuid NOT NULL, resource_id uuid, kind text NOT NULL,
      dimension text NOT NULL, granularity text NOT NULL, tenant_id text NOT NULL, unit_seconds numeric NOT NULL, divisor integer NOT NULL,
      revision integer NOT NULL, observations integer[] NOT NULL, sub_attribution jsonb,
      UNIQUE NULLS NOT DISTINCT (period_start, deployment_id, resource_id, kind, dimension, granularity)
    );
    CREATE INDEX ON bare_facts (tenant_id, period_start, deployment_id, kind) INCLUDE (unit_seconds, divisor)`);
  return {
    async load(table: string): Promise<void> {
      await client.query(`TRUNCATE bare_states`);
      await client.query(`
        INSERT INTO bare_states SELECT resource_id, starts_at, ends_at, billing_kind, dimension, units, tenant_id, deployment_id, revision
        FROM ${table} WHERE deployment_id IS NOT NULL`);
      await client.query('ANALYZE bare_states');
    },
    empty: () => client.query('TRUNCATE bare_facts'),
    /** Meters each day, given by its first instant, in a transaction; the divisor is that of the month. */
    async meter(days: readonly string[], divisor: number): Promise<void> {
      for (const day of days) {
        await client.query(
          `INSERT INTO bare_facts (period_start, deployment_id, resource_id, kind, dimension, granularity, tenant_id, unit_seconds,
             divisor, revision, observations)
           SELECT $1::timestamptz, deployment_id, resource_id, kind, dimension, 'daily', tenant_id,
             units * extract(epoch FROM least(ends_at, $1::timestamptz + interval '24 hours') - greatest(starts_at, $1::timestamptz)),
             CASE WHEN kind = 'droplet_hours' THEN 3600 ELSE $2::int END, 1, ARRAY[revision]
           FROM bare_states WHERE starts_at < $1::timestamptz + interval '24 hours' AND ends_at > $1::timestamptz
           ORDER BY deployment_id, resource_id, kind, dimension
           ON CONFLICT DO NOTHING`,
          [day, divisor],
        );
      }
    },
    vacuum: () => client.query('VACUUM ANALYZE bare_facts'),
    /** One tenant's month, by deployment and kind, out of the covering index. */
    async sum(tenant: string): Promise<number> {
      const found = await client.query(
        `SELECT deployment_id, kind, divisor, sum(unit_seconds) FROM bare_facts WHERE tenant_id = $1
         GROUP BY deployment_id, kind, divisor`,
        [tenant],
      );
      return found.rows.length;
    },
    async totals(): Promise<{ facts: number; unitSeconds: string }> {
      const found = await client.query('SELECT count(*)::int AS facts, sum(unit_seconds)::text AS sum FROM bare_facts');
      return { facts: found.rows[0].facts, unitSeconds: found.rows[0].sum };
    },
    close: () => client.end(),
  };
}
