import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { answerCalls } from '../answer-calls.ts';

/** DuckDB reads the CSV into a table of a database file, with amounts as exact decimals. A commit is in the file when it returns. */
let connection: DuckDBConnection;

answerCalls({
  async open({ file }: { file: string }) {
    const instance = await DuckDBInstance.create(file);
    connection = await instance.connect();
  },
  /** Returns how long the import took, in milliseconds. */
  async run({ csv }: { csv: string }) {
    await connection.run('DROP TABLE IF EXISTS lines');
    await connection.run('CHECKPOINT');
    const started = performance.now();
    await connection.run(`
      CREATE TABLE lines AS SELECT product, group_description, description, hours::DECIMAL(18, 6) AS hours,
        strptime("start", '%Y-%m-%d %H:%M:%S +0000') AS starts_at, strptime("end", '%Y-%m-%d %H:%M:%S +0000') AS ends_at,
        (substr("USD", 2)::DECIMAL(18, 6) * 100)::BIGINT AS cents, project_name, category
      FROM read_csv('${csv}', header = true, all_varchar = true)`);
    return performance.now() - started;
  },
  async sums() {
    const read = await connection.runAndReadAll(
      'SELECT count(*)::VARCHAR AS lines, sum(cents)::VARCHAR AS cents FROM lines',
    );
    return read.getRowObjects()[0];
  },
});
