import { createHash } from 'node:crypto';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

/** What the lines of one message may take; with its head they stay below what a message may be. */
const roomBytes = 400 * 1024;
const batchLines = 2000;
/** A line with more shares than this is said as several entries. */
const maxShares = 500;

/** A run of entries, from one to another, both inclusive. */
export type LineRun = { from: Place; to: Place };
type Place = { line_no: number; entry_no: number };
const beginning: Place = { line_no: 0, entry_no: 0 };

/**
 * The lines of a reading as they are said, one row for each entry, with its place and its JSON. Each entry of a line is for the
 * part of its amount that its shares add up to.
 */
const entries = (readingId: string, lines: { from: number; to: number }): RawBuilder<unknown> => sql`
  SELECT l.line_no, s.entry_no, json_build_object('line_no', l.line_no, 'product', l.product, 'kind', l.kind,
    'description', l.description, 'group_description', l.group_description, 'project_name', l.project_name,
    'hours', trim_scale(l.hours)::text, 'start_at', ${instantOf(sql`l.start_at`)}, 'end_at', ${instantOf(sql`l.end_at`)},
    'amount_cents', s.amount_minor, 'is_tax', l.is_tax, 'resource_id', l.resource_id,
    'unmatched_reason', l.unmatched_reason, 'allocations', s.allocations) AS entry
  FROM cloud_cost_lines l CROSS JOIN LATERAL (
    SELECT (share_no - 1) / ${maxShares}::int AS entry_no, sum(amount_minor)::bigint AS amount_minor,
      json_agg(json_build_object('target', target, 'tenant_id', tenant_id, 'deployment_id', deployment_id,
        'amount_cents', amount_minor, 'rule', rule) ORDER BY share_no) AS allocations
    FROM cloud_cost_allocations a WHERE a.reading_id = l.reading_id AND a.line_no = l.line_no GROUP BY 1
  ) s
  WHERE l.reading_id = ${readingId} AND l.line_no BETWEEN ${lines.from}::int AND ${lines.to}::int`;

/** RFC 3339 in UTC, as everything that is said has it: without a fraction where there is none. */
const instantOf = (column: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  rtrim(rtrim(to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '0'), '.') || 'Z'`;

/**
 * How the lines of a reading are divided among messages, and a hash of all that they say. Each row is looked at and let go:
 * an invoice of any length takes no memory.
 */
export const divideLines = async (
  db: Transaction<Database>,
  readingId: string,
): Promise<{ runs: LineRun[]; hash: string }> => {
  const hash = createHash('sha256');
  const runs: LineRun[] = [];
  let run: { from: Place; to: Place; bytes: number } | null = null;
  for (let from = 1; ; from += batchLines) {
    const { rows } = await sql<Place & { bytes: number; digest: string }>`
      SELECT line_no, entry_no, octet_length(entry::text) AS bytes, md5(entry::text) AS digest
      FROM (${entries(readingId, { from, to: from + batchLines - 1 })}) AS said ORDER BY line_no, entry_no`.execute(db);
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
};

/** The entries of a run as one JSON array. */
export const linesOfRun = (readingId: string, { from, to }: LineRun): RawBuilder<unknown> => sql`
  SELECT coalesce(json_agg(entry ORDER BY line_no, entry_no), '[]')
  FROM (${entries(readingId, { from: from.line_no, to: to.line_no })}) AS said
  WHERE (line_no, entry_no) BETWEEN (${from.line_no}::int, ${from.entry_no}::int) AND (${to.line_no}::int, ${to.entry_no}::int)`;
