import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import Papa from 'papaparse';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { answerCalls } from '../answer-calls.ts';

/** Papa Parse reads the CSV as a stream; each line is read into an amount in cents and stored in Postgres by COPY. */
let client: pg.Client;

answerCalls({
  async open({ url }: { url: string }) {
    client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`CREATE TABLE peer_lines (line_no int PRIMARY KEY, product text, group_description text, description text,
      hours numeric, starts_at timestamptz, ends_at timestamptz, cents bigint, project_name text, category text)`);
  },
  /** Returns how long the import took, in milliseconds. */
  async run({ csv }: { csv: string }) {
    await client.query('TRUNCATE peer_lines');
    const started = performance.now();
    await pipeline(
      createReadStream(csv, { highWaterMark: 256 * 1024 }),
      Papa.parse(Papa.NODE_STREAM_INPUT, { header: true, skipEmptyLines: true }),
      copyLines(),
      client.query(copyFrom('COPY peer_lines FROM STDIN (FORMAT csv)')),
    );
    return performance.now() - started;
  },
  async sums() {
    const { rows } = await client.query('SELECT count(*) AS lines, sum(cents) AS cents FROM peer_lines');
    return rows[0];
  },
});

/** The lines of the COPY, a few thousand characters at a time. */
function copyLines(): Transform {
  let number = 0;
  let text = '';
  const quoted = (value: string) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  return new Transform({
    objectMode: true,
    transform(line: Record<string, string>, _encoding, done) {
      number += 1;
      const [, whole = '0', part = ''] = /^\$(\d+)\.?(\d*)$/.exec(line['USD'] ?? '') ?? [];
      const cents = BigInt(whole + part.padEnd(2, '0').slice(0, 2));
      const times = [line['hours'], line['start'], line['end']].join(',');
      const names = [line['product'], line['group_description'], line['description']].map((name) => quoted(name ?? ''));
      text += `${number},${names.join(',')},${times},${cents},${quoted(line['project_name'] ?? '')},${line['category']}\n`;
      if (text.length < 16_000) return done();
      const full = text;
      text = '';
      done(null, full);
    },
    flush(done) {
      done(null, text === '' ? undefined : text);
    },
  });
}
