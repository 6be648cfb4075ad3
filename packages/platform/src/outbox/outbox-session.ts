import type pg from 'pg';
import type { LoggedEvent, LogPlace } from '../bus/message.ts';
import { maxBatch, type PublishResult } from '../bus/publish.ts';
import type { Clock } from '../kernel/clock.ts';
import { instantText } from '../postgres/postgres.ts';

/** The most payload bytes of one batch, so that large messages do not fill the memory. Stored payloads are compressed, so their text is measured. */
const maxReadBytes = 8 * 1024 * 1024;
/** So many messages after a batch are looked at, for those that belong to a transaction in the batch. */
const lookAhead = 64;

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

export type OutboxRow = LoggedEvent & LogPlace;

/** Messages to be published as one batch, and those that were read behind them. */
export type OutboxRead = {
  rows: OutboxRow[];
  /** True if these rows were all that the outbox held when they were read. */
  isEverything: boolean;
  /** The numbers of messages after which a transaction that was too large for one batch continues on the same stream. */
  continuing: ReadonlySet<string>;
};

/** For each transaction that is being published in several batches the number of its last message on each stream. */
export type TransactionEnds = Map<string, ReadonlyMap<string, bigint>>;

/** Which pointers to read: those after a number, without those that are being published, from `first` to `last`. */
export type ReadFrom = { after: string; publishing: { first: string; last: string } | null };

/**
 * Reads the messages of the next pointers in order. The batch ends between transactions where it can, so that none is published in
 * part. The lateral limit stops Postgres from joining with the whole log, which it prefers while a fresh partition has no statistics.
 */
export async function readOutbox(
  session: Session,
  { after, publishing }: ReadFrom,
  ends: TransactionEnds,
): Promise<OutboxRead> {
  const result = await session.query({
    name: 'read-outbox',
    text: `SELECT number, id, stream, type, version, subject, occurred_at, part, parts, headers, transaction,
             CASE WHEN before < ${maxReadBytes} AND place <= ${maxBatch} THEN payload::text END AS payload
           FROM (
             SELECT e.*, sum(size) OVER (ORDER BY o.number) - size AS before, row_number() OVER (ORDER BY o.number) AS place
             FROM (
               SELECT number, recorded_at FROM outbox WHERE number > $1 AND NOT number BETWEEN $2 AND $3
               ORDER BY number LIMIT ${maxBatch + lookAhead}
             ) AS o
             CROSS JOIN LATERAL (
               SELECT * FROM events WHERE events.number = o.number AND events.recorded_at = o.recorded_at LIMIT 1
             ) AS e
             CROSS JOIN LATERAL (
               SELECT CASE WHEN pg_column_size(e.payload) < 2000 THEN pg_column_size(e.payload) ELSE octet_length(e.payload::text) END AS size
             ) AS measured
           ) AS sized
           ORDER BY number`,
    values: [after, publishing?.first ?? '0', publishing?.last ?? '0'],
  });
  const isWithin = result.rows.findIndex((row) => row.payload === null);
  const within = isWithin === -1 ? result.rows : result.rows.slice(0, isWithin);
  const beyond = result.rows.slice(within.length);
  const { length, open } = endOfBatch(within, beyond);
  await keepEnds(session, ends, open);
  return {
    rows: within.slice(0, length).map((row) => ({
      number: row.number,
      transaction: row.transaction,
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
    })),
    isEverything: beyond.length === 0,
    continuing: continuingOf(within, ends),
  };
}

/**
 * Where a batch can end so that no transaction is on both sides: how many of its messages stay. If there is no such place, the batch
 * stays whole, and `open` are the transactions that go on behind it.
 */
export function endOfBatch(
  within: readonly LogPlace[],
  beyond: readonly Pick<LogPlace, 'transaction'>[],
): { length: number; open: ReadonlySet<string> } {
  const first = new Map<string | null, number>();
  for (const [index, { transaction }] of within.entries()) {
    if (transaction !== null && !first.has(transaction)) first.set(transaction, index);
  }
  let length = within.length;
  let behind = beyond;
  for (;;) {
    const start = Math.min(length, ...behind.map(({ transaction }) => first.get(transaction) ?? length));
    if (start === length) break;
    behind = within.slice(start, length);
    length = start;
  }
  if (length > 0 || within.length === 0) return { length, open: new Set() };
  const open = beyond.flatMap(({ transaction }) =>
    transaction !== null && first.has(transaction) ? [transaction] : [],
  );
  return { length: within.length, open: new Set(open) };
}

/** Looks up the ends of transactions once, and forgets them when they are published. */
async function keepEnds(session: Session, ends: TransactionEnds, open: ReadonlySet<string>): Promise<void> {
  for (const transaction of ends.keys()) if (!open.has(transaction)) ends.delete(transaction);
  const unknown = [...open].filter((transaction) => !ends.has(transaction));
  if (unknown.length === 0) return;
  const { rows } = await session.query({
    name: 'transaction-ends',
    text: `SELECT e.transaction, e.stream, max(o.number) AS number FROM outbox o JOIN events e USING (number, recorded_at)
           WHERE e.transaction = ANY ($1::text[]) GROUP BY 1, 2`,
    values: [unknown],
  });
  for (const transaction of unknown) {
    const own = rows.filter((row) => row.transaction === transaction);
    ends.set(transaction, new Map(own.map((row) => [row.stream, BigInt(row.number)])));
  }
}

/** The last message of each open transaction on each stream, if the transaction goes on there. */
function continuingOf(
  rows: readonly { number: string; stream: string; transaction: string | null }[],
  ends: TransactionEnds,
): ReadonlySet<string> {
  const last = new Map<string, { number: string; end: bigint }>();
  for (const { number, stream, transaction } of ends.size === 0 ? [] : rows) {
    const end = ends.get(transaction ?? '')?.get(stream);
    if (end !== undefined) last.set(`${transaction} ${stream}`, { number, end });
  }
  return new Set([...last.values()].filter(({ number, end }) => BigInt(number) < end).map(({ number }) => number));
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
