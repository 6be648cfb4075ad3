import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Logger, sessionConfig } from '@arcadia/platform';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { CostLine } from '../../domain/cost-lines/cost-line.ts';

const columns =
  'reading_id, line_no, product, kind, description, group_description, project_name, category, hours, start_at, end_at, amount, amount_minor, is_tax, provider_ids';

/**
 * Copies the lines of a reading into the database as they come: all of them, or none. COPY takes a fraction of the time of
 * any INSERT, and needs its own session, so that parsing continues meanwhile.
 */
export async function copyLines(
  session: { url: string; service: string; log: Logger },
  readingId: string,
  batches: AsyncIterable<readonly CostLine[]>,
): Promise<void> {
  const client = new pg.Client(
    sessionConfig({ url: session.url, schema: 'billing', applicationName: `${session.service}:copy` }),
  );
  client.on('error', (error) =>
    session.log.warn({ error: error.message }, 'the database session that copies invoice lines broke'),
  );
  await client.connect();
  try {
    await pipeline(
      Readable.from(asCopyText(readingId, batches), { objectMode: true, highWaterMark: 2 }),
      client.query(copyFrom(`COPY cloud_cost_lines (${columns}) FROM STDIN`)),
    );
  } finally {
    await client.end();
  }
}

async function* asCopyText(readingId: string, batches: AsyncIterable<readonly CostLine[]>): AsyncGenerator<string> {
  for await (const lines of batches) {
    let text = '';
    for (const line of lines) {
      text += `${readingId}\t${line.line_no}\t${escaped(line.product)}\t${line.kind}\t${escaped(line.description)}\t${escaped(line.group_description)}\t${escaped(line.project_name)}\t${line.category === null ? '\\N' : escaped(line.category)}\t${line.hours ?? '\\N'}\t${line.start_at ?? '\\N'}\t${line.end_at ?? '\\N'}\t${line.amount}\t${line.amount_minor}\t${line.is_tax ? 't' : 'f'}\t${idsText(line.provider_ids)}\n`;
    }
    if (text !== '') yield text;
  }
}

/** A Postgres array literal, each element in quotes. */
const idsText = (ids: readonly string[]): string =>
  ids.length === 0 ? '{}' : escaped(`{${ids.map((id) => `"${id.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`);

/** Escapes what the text format of COPY reserves: backslashes, tabs and line breaks. */
const escaped = (text: string): string =>
  /[\\\t\n\r]/.test(text)
    ? text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n').replaceAll('\r', '\\r')
    : text;
