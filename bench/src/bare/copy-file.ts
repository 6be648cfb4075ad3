import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** The bare limit of an import: COPY of the file into a table of text columns without key or index. */
export async function openCopy(url: string, columns: readonly string[]) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE TABLE bare_lines (${columns.map((column) => `"${column}" text`).join(', ')})`);
  return {
    async copy(file: string): Promise<number> {
      await client.query('TRUNCATE bare_lines');
      await client.query('CHECKPOINT').catch(() => undefined);
      const started = performance.now();
      await pipeline(createReadStream(file), client.query(copyFrom('COPY bare_lines FROM STDIN (FORMAT csv, HEADER)')));
      return performance.now() - started;
    },
    async sums(): Promise<{ lines: string; cents: string }> {
      const { rows } = await client.query<{ lines: string; cents: string }>(
        `SELECT count(*) AS lines, (sum(substr("USD", 2)::numeric) * 100)::bigint AS cents FROM bare_lines`,
      );
      return rows[0] ?? { lines: '0', cents: '0' };
    },
    close: () => client.end(),
  };
}
