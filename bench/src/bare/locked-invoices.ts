import pg from 'pg';

/**
 * The bare limit of invoicing a month, in SQL only: for each tenant one transaction that takes the tenant's lock and the next
 * number, writes the invoice, and writes its lines from the facts of the month.
 */
export async function openLockedInvoices(url: string, size: { tenants: number; deployments: number; days: number }) {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=bare -c TimeZone=UTC' });
  await client.connect();
  await client.query('CREATE SCHEMA IF NOT EXISTS bare');
  await client.query(`
    CREATE TABLE facts (tenant text NOT NULL, deployment uuid NOT NULL, day date NOT NULL, kind text NOT NULL, quantity numeric NOT NULL,
      PRIMARY KEY (deployment, day, kind));
    CREATE TABLE prices (kind text PRIMARY KEY, included numeric NOT NULL, cents numeric NOT NULL);
    CREATE TABLE series (last_number bigint NOT NULL);
    INSERT INTO series VALUES (0);
    CREATE TABLE invoices (id bigint PRIMARY KEY, tenant text NOT NULL UNIQUE, number text NOT NULL UNIQUE, subtotal bigint, tax bigint, total bigint);
    CREATE TABLE lines (invoice bigint NOT NULL REFERENCES invoices, position int NOT NULL, deployment uuid NOT NULL, kind text NOT NULL,
      quantity numeric NOT NULL, amount bigint NOT NULL, PRIMARY KEY (invoice, position))`);
  await client.query(
    `INSERT INTO facts SELECT 'tenant-' || t, md5(t || ' ' || d)::uuid, '2026-04-01'::date + day, k.kind, k.quantity
     FROM generate_series(1, $1::int) t, generate_series(1, $2::int) d, generate_series(0, $3::int - 1) day,
       (VALUES ('dns_zones', 7), ('bandwidth_gb', 11), ('llm_input_tokens', 13.5), ('llm_output_tokens', 17)) AS k(kind, quantity)
     ORDER BY 1, 2, 3, 4`,
    [size.tenants, size.deployments, size.days],
  );
  await client.query(
    `INSERT INTO prices VALUES ('dns_zones', 10, 3), ('bandwidth_gb', 10, 3), ('llm_input_tokens', 10, 3), ('llm_output_tokens', 10, 3)`,
  );
  await client.query('CREATE INDEX facts_tenant ON facts (tenant, day, deployment, kind) INCLUDE (quantity)');
  await client.query('VACUUM ANALYZE facts');
  const base = 5000;
  return {
    /** Writes all invoices, one transaction each; returns the duration in milliseconds. */
    async invoice(): Promise<number> {
      await client.query('TRUNCATE invoices, lines');
      const started = performance.now();
      for (let tenant = 1; tenant <= size.tenants; tenant += 1) {
        const name = `tenant-${tenant}`;
        await client.query('BEGIN');
        await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
        const id = (await client.query('UPDATE series SET last_number = last_number + 1 RETURNING last_number')).rows[0]
          .last_number;
        await client.query(`INSERT INTO invoices VALUES ($1::bigint, $2, 'INV-' || ($1::bigint)::text)`, [id, name]);
        await client.query(
          `INSERT INTO lines SELECT $1::bigint, row_number() OVER (ORDER BY deployment, kind), deployment, kind, quantity, amount FROM (
             SELECT deployment, kind, sum(quantity) AS quantity, round((sum(quantity) - included) * cents)::bigint AS amount
             FROM facts JOIN prices USING (kind) WHERE tenant = $2 AND day >= '2026-04-01' AND day < '2026-05-01'
             GROUP BY deployment, kind, included, cents HAVING sum(quantity) > included
             UNION ALL SELECT DISTINCT deployment, 'base', 1, $3::bigint FROM facts WHERE tenant = $2 AND day >= '2026-04-01' AND day < '2026-05-01'
           ) AS rated`,
          [id, name, base],
        );
        await client.query(
          `UPDATE invoices SET subtotal = s.sum, tax = round(s.sum * 0.1), total = s.sum + round(s.sum * 0.1)
           FROM (SELECT sum(amount) FROM lines WHERE invoice = $1) AS s WHERE id = $1`,
          [id],
        );
        await client.query('COMMIT');
      }
      return performance.now() - started;
    },
    async totals(): Promise<{ lines: number; total: string }> {
      const { rows } = await client.query(
        'SELECT (SELECT count(*) FROM lines)::int AS lines, (SELECT sum(total) FROM invoices)::text AS total',
      );
      return rows[0];
    },
    close: () => client.end(),
  };
}
