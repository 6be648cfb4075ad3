import type pg from 'pg';
import type { LoggedEvent } from '../bus/message.ts';
import { maxBatch, type PublishResult } from '../bus/publish.ts';
import type { Clock } from '../kernel/clock.ts';
import { instantText } from '../postgres/postgres.ts';

/** The most payload bytes of one batch, so that large messages do not fill the memory. Stored payloads are compressed, so their text is measured. */
const maxReadBytes = 8 * 1024 * 1024;

/** Runs statements one after the other, in the order of the calls; a caller need not await one before the next. */
export type Session = { query(query: pg.QueryConfig): Promise<pg.QueryResult> };

export function inOrder(client: pg.Client): Session {
  let last: Promise<unknown> = Promise.resolve();
  return {
    query(query) {
      const result = last.then(() => client.query(query));
      last = result.catch(() => undefined);
      return result;
    },
  };
}

export type OutboxRow = LoggedEvent & { number: string };

/**
 * Reads the messages of the next pointers in order, after a number: 0 for the first, or the last one being published. The
 * lateral limit stops Postgres from joining with the whole log, which it prefers while a fresh partition has no statistics.
 */
export async function readOutbox(session: Session, after: string): Promise<OutboxRow[]> {
  const result = await session.query({
    name: 'read-outbox',
    text: `SELECT number, id, stream, type, version, subject, occurred_at, part, parts, headers, payload::text AS payload
           FROM (
             SELECT e.*, sum(size) OVER (ORDER BY o.number) - size AS before
             FROM (
               SELECT number, recorded_at FROM outbox WHERE number > $1 ORDER BY number LIMIT ${maxBatch}
             ) AS o
             CROSS JOIN LATERAL (
               SELECT * FROM events WHERE events.number = o.number AND events.recorded_at = o.recorded_at LIMIT 1
             ) AS e
             CROSS JOIN LATERAL (
               SELECT CASE WHEN pg_column_size(e.payload) < 2000 THEN pg_column_size(e.payload) ELSE octet_length(e.payload::text) END AS size
             ) AS measured
           ) AS sized
           WHERE before < ${maxReadBytes}
           ORDER BY number`,
    values: [after],
  });
  return result.rows.map((row) => ({
    number: row.number,
    id: row.id,
    stream: row.stream,
    type: row.type,
    version: row.version,
    subject: row.subject,
    occurredAt: instantText(row.occurred_at),
    part: row.part,
    parts: row.parts,
    headers: row.headers,
    payload: row.payload,
  }));
}

/** True if these rows were all that the outbox held when they were read. */
export function isEverything(rows: readonly OutboxRow[]): boolean {
  if (rows.length >= maxBatch) return false;
  return rows.reduce((bytes, { payload }) => bytes + Buffer.byteLength(payload), 0) < maxReadBytes;
}

export type Published = { stream: string; rows: readonly OutboxRow[]; result: PublishResult };

/**
 * Deletes the pointers of published messages and records the server's last sequence, in one statement. A stream that assigned a
 * sequence number for the second time has lost messages: it is recorded with the time of its last acknowledgement before
 * (`lost_after`).
 * @returns whether a stream has lost messages
 */
export async function clearOutbox(session: Session, done: readonly Published[]): Promise<boolean> {
  if (done.length === 0) return false;
  const stored = done.filter(({ result }) => result.stored > 0);
  const lost = await session.query({
    name: 'clear-outbox',
    text: `WITH gone AS (DELETE FROM outbox WHERE number = ANY($1::bigint[])),
           stored AS (
             SELECT stream, last, CASE WHEN first <= before.seq THEN coalesce(before.lost_after, before.at) END AS lost_after
             FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS t(stream, first, last)
             LEFT JOIN acknowledged AS before USING (stream)
           ),
           noted AS (
             INSERT INTO acknowledged (stream, seq, lost_after) SELECT stream, last, lost_after FROM stored
             ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq, at = clock_timestamp(),
               lost_after = coalesce(acknowledged.lost_after, excluded.lost_after)
           )
           SELECT FROM stored WHERE lost_after IS NOT NULL`,
    values: [
      done.flatMap(({ rows }) => rows.map((row) => row.number)),
      stored.map(({ stream }) => stream),
      stored.map(({ result }) => result.firstSeq),
      stored.map(({ result }) => result.lastSeq),
    ],
  });
  return lost.rowCount !== 0;
}

/** Moves delayed job messages into the outbox when they are due. */
export async function releaseDueJobs(session: Session, clock: Clock): Promise<void> {
  await session.query({
    name: 'release-due-jobs',
    text: `WITH due AS (
             DELETE FROM job_delays
             WHERE due_at <= CASE WHEN is_wall THEN clock_timestamp() ELSE $1::timestamptz END
             RETURNING due_at, event
           ),
           logged AS (
             INSERT INTO events (id, stream, type, version, subject, occurred_at, headers, payload)
             SELECT (event->>'id')::uuid, event->>'stream', event->>'type', (event->>'version')::int,
               event->>'subject', (event->>'occurredAt')::timestamptz, (event->>'headers')::json, (event->>'payload')::json
             FROM due ORDER BY due_at
             RETURNING number, recorded_at
           )
           INSERT INTO outbox (number, recorded_at) SELECT number, recorded_at FROM logged`,
    values: [clock.now().toString()],
  });
}
