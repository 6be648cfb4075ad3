import { createHash } from 'node:crypto';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

/** The bytes that the lines of one message may take; with the head they stay below the maximum size of a message. */
const roomBytes = 400 * 1024;
const batchLines = 2000;
/** A line with more shares than this is published as several entries. */
const maxShares = 500;

/** The entries of one message, from one to another, both inclusive. */
export type LineRun = { from: Place; to: Place };
type Place = { line_no: number; entry_no: number };
const beginning: Place = { line_no: 0, entry_no: 0 };

/**
 * The lines of a reading in the form in which they are published: one row per entry, with its place and JSON. The amount of
 * an entry is the sum of its shares. A share without an owned span has the same text as in earlier versions, so its hash is the same.
 */
const entries = (readingId: string, lines: { from: number; to: number }): RawBuilder<unknown> => sql`
  SELECT l.line_no, s.entry_no, json_build_object('line_no', l.line_no, 'product', l.product, 'kind', l.kind,
    'description', l.description, 'group_description', l.group_description, 'project_name', l.project_name,
    'hours', trim_scale(l.hours)::text, 'start_at', ${instantOf(sql`l.start_at`)}, 'end_at', ${instantOf(sql`l.end_at`)},
    'amount_cents', s.amount_minor, 'is_tax', l.is_tax, 'resource_id', l.resource_id,
    'unmatched_reason', l.unmatched_reason, 'allocations', s.allocations) AS entry
  FROM cloud_cost_lines l CROSS JOIN LATERAL (
    SELECT (share_no - 1) / ${maxShares}::int AS entry_no, sum(amount_minor)::bigint AS amount_minor,
      json_agg(CASE WHEN owned_from IS NULL
        THEN json_build_object('target', target, 'tenant_id', tenant_id, 'deployment_id', deployment_id,
          'amount_cents', amount_minor, 'rule', rule)
        ELSE json_build_object('target', target, 'tenant_id', tenant_id, 'deployment_id', deployment_id,
          'amount_cents', amount_minor, 'rule', rule,
          'owned_from', ${instantOf(sql`owned_from`)}, 'owned_until', ${instantOf(sql`owned_until`)})
        END ORDER BY share_no) AS allocations
    FROM cloud_cost_allocations a WHERE a.reading_id = l.reading_id AND a.line_no = l.line_no GROUP BY 1
  ) s
  WHERE l.reading_id = ${readingId} AND l.line_no BETWEEN ${lines.from}::int AND ${lines.to}::int`;

/** RFC 3339 in UTC as in all events: without a fraction if there is none. */
const instantOf = (column: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  rtrim(rtrim(to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z'`;

/**
 * Divides the lines of a reading among messages, and hashes their content. Rows are read in batches, so memory does not grow
 * with the invoice.
 */
export async function divideLines(
  db: Transaction<Tables>,
  readingId: string,
): Promise<{ runs: LineRun[]; hash: string }> {
  const hash = createHash('sha256');
  const runs: LineRun[] = [];
  let run: { from: Place; to: Place; bytes: number } | null = null;
  for (let from = 1; ; from += batchLines) {
    const { rows } = await sql<Place & { bytes: number; digest: string }>`
      SELECT line_no, entry_no, octet_length(entry::text) AS bytes, md5(entry::text) AS digest
      FROM (${entries(readingId, { from, to: from + batchLines - 1 })}) AS published ORDER BY line_no, entry_no`.execute(
      db,
    );
    if (rows.length === 0) break;
    for (const { line_no, entry_no, bytes, digest } of rows) {
      hash.update(digest);
      const place = { line_no, entry_no };
      if (run !== null && run.bytes + bytes <= roomBytes) {
        run.to = place;
        run.bytes += bytes + 1;
        continue;
      }
      if (run !== null) runs.push(run);
      run = { from: place, to: place, bytes };
    }
  }
  return { runs: [...runs, run ?? { from: beginning, to: beginning }], hash: hash.digest('hex') };
}

/** One message as a row for `tx.publishFrom`: its head with the lines of a run added, assembled within the database. */
export function partRow(
  message: { key: string; subject: string; head: Record<string, unknown> },
  readingId: string,
  run: LineRun,
): RawBuilder<unknown> {
  const opened = JSON.stringify(message.head).slice(0, -1);
  return sql`SELECT ${message.key}::text AS key, ${message.subject}::text AS subject,
    (${opened}::text || ',"lines":' || (${linesOfRun(readingId, run)})::text || '}')::json AS data`;
}

/** The entries of a run as one JSON array. */
const linesOfRun = (readingId: string, { from, to }: LineRun): RawBuilder<unknown> => sql`
  SELECT coalesce(json_agg(entry ORDER BY line_no, entry_no), '[]')
  FROM (${entries(readingId, { from: from.line_no, to: to.line_no })}) AS published
  WHERE (line_no, entry_no) BETWEEN (${from.line_no}::int, ${from.entry_no}::int) AND (${to.line_no}::int, ${to.entry_no}::int)`;
