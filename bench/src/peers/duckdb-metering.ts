import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { answerCalls } from '../answer-calls.ts';

/**
 * DuckDB meters a month: one INSERT … SELECT for each day, each a transaction of a database file, into a table with the unique key
 * of the facts. Quantities are exact decimals. Its default: a commit is in the file's write-ahead log when it returns.
 */
let connection: DuckDBConnection;

answerCalls({
  /** @param states a CSV of the states, with instants as seconds since 1970 */
  async open({ file, states }: { file: string; states: string }) {
    const instance = await DuckDBInstance.create(file);
    connection = await instance.connect();
    await connection.run(`
      CREATE TABLE states AS SELECT * FROM read_csv('${states}', header = true, allow_quoted_nulls = false,
        columns = {'resource': 'UUID', 'starts_at': 'BIGINT',
        'ends_at': 'BIGINT', 'kind': 'VARCHAR', 'dimension': 'VARCHAR', 'units': 'DECIMAL(18, 6)', 'tenant': 'VARCHAR',
        'deployment': 'UUID', 'revision': 'INTEGER'})`);
  },
  /** Meters the days, given by their first instants in seconds; returns how long that took, in milliseconds. */
  async meter({ days, monthSeconds }: { days: number[]; monthSeconds: number }) {
    await connection.run(`
      CREATE OR REPLACE TABLE facts (period_start BIGINT NOT NULL, deployment UUID NOT NULL, resource UUID NOT NULL, kind VARCHAR NOT NULL,
        dimension VARCHAR NOT NULL, tenant VARCHAR NOT NULL, unit_seconds DECIMAL(38, 6) NOT NULL, divisor INTEGER NOT NULL,
        revision INTEGER NOT NULL, observations INTEGER[] NOT NULL, PRIMARY KEY (period_start, deployment, resource, kind, dimension))`);
    await connection.run('CHECKPOINT');
    const started = performance.now();
    for (const day of days) {
      const [from, to] = [BigInt(day), BigInt(day + 86_400)];
      await connection.run(
        `INSERT INTO facts SELECT $1, deployment, resource, kind, dimension, tenant,
           units * (least(ends_at, $2::BIGINT) - greatest(starts_at, $1::BIGINT)),
           CASE WHEN kind = 'droplet_hours' THEN 3600 ELSE $3 END, 1, [revision]
         FROM states WHERE starts_at < $2 AND ends_at > $1 ORDER BY deployment, resource, kind, dimension ON CONFLICT DO NOTHING`,
        [from, to, monthSeconds],
      );
    }
    return performance.now() - started;
  },
  async totals() {
    const read = await connection.runAndReadAll(
      'SELECT count(*)::VARCHAR AS facts, sum(unit_seconds)::VARCHAR AS sum FROM facts',
    );
    return read.getRowObjects()[0];
  },
});
