import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Logger, sessionConfig } from '@arcadia/platform';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { CostLine } from '../../domain/cost-lines/cost-line.ts';
import { BinaryRows } from './binary-rows.ts';

const columns =
  'reading_id, line_no, product, kind, description, group_description, project_name, category, hours, start_at, end_at, amount, amount_minor, is_tax';

export type CopiedLines = {
  readingId: string;
  batches: AsyncIterable<readonly CostLine[]>;
  /** False: no line has ids of the provider. Reading an empty array takes Postgres as long as reading an instant. */
  hasProviderIds: boolean;
};

/**
 * Copies the lines of a reading into the database as they come: all of them, or none. COPY takes a fraction of the time of
 * any INSERT, and needs its own session, so that parsing continues meanwhile.
 */
export async function copyLines(
  session: { url: string; service: string; log: Logger },
  lines: CopiedLines,
): Promise<void> {
  const copied = lines.hasProviderIds ? `${columns}, provider_ids` : columns;
  const client = new pg.Client(
    sessionConfig({ url: session.url, schema: 'billing', applicationName: `${session.service}:copy` }),
  );
  client.on('error', (error) =>
    session.log.warn({ error: error.message }, 'the database session that copies invoice lines broke'),
  );
  await client.connect();
  try {
    await pipeline(
      Readable.from(asBinaryRows(lines), { objectMode: true, highWaterMark: 2 }),
      client.query(copyFrom(`COPY cloud_cost_lines (${copied}) FROM STDIN (FORMAT binary)`)),
    );
  } finally {
    await client.end();
  }
}

async function* asBinaryRows({ readingId, batches, hasProviderIds }: CopiedLines): AsyncGenerator<Buffer> {
  const rows = new BinaryRows();
  const reading = BigInt(readingId);
  rows.header();
  for await (const lines of batches) {
    for (const line of lines) addLine(rows, { line, reading, hasProviderIds });
    yield rows.take();
  }
  rows.trailer();
  yield rows.take();
}

function addLine(
  rows: BinaryRows,
  { line, reading, hasProviderIds }: { line: CostLine; reading: bigint; hasProviderIds: boolean },
): void {
  rows.row(hasProviderIds ? 15 : 14);
  rows.bigInteger(reading);
  rows.integer(line.line_no);
  rows.text(line.product);
  rows.text(line.kind);
  rows.text(line.description);
  rows.text(line.group_description);
  rows.text(line.project_name);
  if (line.category === null) rows.none();
  else rows.text(line.category);
  if (line.hours === null) rows.none();
  else rows.decimal(line.hours);
  if (line.start_at === null) rows.none();
  else rows.instant(line.start_at);
  if (line.end_at === null) rows.none();
  else rows.instant(line.end_at);
  rows.decimal(line.amount);
  rows.wholeNumber(line.amount_minor);
  rows.flag(line.is_tax);
  if (hasProviderIds) rows.texts(line.provider_ids);
}
