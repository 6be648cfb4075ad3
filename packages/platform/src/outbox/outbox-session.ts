import type pg from 'pg';
import type { LoggedEvent, LogPlace } from '../bus/message.ts';
import { maxBatch, type PublishResult } from '../bus/publish.ts';
import type { Clock } from '../kernel/clock.ts';

/** The most payload bytes of one batch, so that large messages do not fill the memory. Stored payloads are compressed, so their text is measured. */
const maxReadBytes = 8 * 1024 * 1024;
/** So many messages after a batch are looked at, for those that belong to a transaction in the batch. */
const lookAhead = 64;

/** Runs statements in the order of the calls. Each is sent at once; a caller need not await the one before. */
export type Session = { query(query: pg.QueryConfig): Promise<pg.QueryResult> };

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

/** Numbers from `first` to `last`. */
export type Range = { first: string; last: string };

/** Which pointers to read: those after a number, without those of the batches that are on their way, at most two. */
export type ReadFrom = { after: string; without: readonly Range[] };

/**
 * Reads the messages of the next pointers in order. The batch ends between transactions where it can, so that none is published in
 * part. The lateral limit stops Postgres from joining with the whole log, which it prefers while a fresh partition has no statistics.
 */
export async function readOutbox(
  session: Session,
  { after, without: [one, other] }: ReadFrom,
  ends: TransactionEnds,
): Promise<OutboxRead> {
  const result = await session.query({
    name: 'read-outbox',
    text: `SELECT o.number, id, stream, type, version, subject, occurred_at AS "occurredAt", part, parts, headers, transaction,
             CASE WHEN sum(size) OVER batch - size < ${maxReadBytes} AND row_number() OVER batch <= ${maxBatch}
               THEN payload::text END AS payload
           FROM (
             SELECT number, recorded_at FROM outbox
             WHERE number > $1 AND NOT number BETWEEN $2 AND $3 AND NOT number BETWEEN $4 AND $5
             ORDER BY number LIMIT ${maxBatch + lookAhead}
           ) AS o
           CROSS JOIN LATERAL (
             SELECT * FROM events WHERE events.number = o.number AND events.recorded_at = o.recorded_at LIMIT 1
           ) AS e
           CROSS JOIN LATERAL (
             SELECT CASE WHEN pg_column_size(e.payload) < 2000 THEN pg_column_size(e.payload) ELSE octet_length(e.payload::text) END AS size
           ) AS measured
           WINDOW batch AS (ORDER BY o.number ROWS UNBOUNDED PRECEDING)
           ORDER BY o.number`,
    values: [after, ...[one, other].flatMap((range) => [range?.first ?? '0', range?.last ?? '0'])],
  });
  const firstBeyond = result.rows.findIndex((row) => row.payload === null);
  const within = firstBeyond === -1 ? result.rows : result.rows.slice(0, firstBeyond);
  const beyond = result.rows.slice(within.length);
  const { length, open } = endOfBatch(within, beyond);
  const continuing = await continuingOf(session, { within, beyond, open }, ends);
  return {
    rows: within.slice(0, length),
    isEverything: beyond.length === 0,
    continuing,
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

type Read = Pick<OutboxRow, 'number' | 'stream' | 'transaction'>;

const placeOf = ({ transaction, stream }: Read): string => `${transaction} ${stream}`;

/**
 * The last message of each open transaction on each stream, if the transaction goes on there. Mostly the messages behind the batch show it;
 * otherwise the end of the transaction is looked up, once until it is published.
 */
async function continuingOf(
  session: Session,
  { within, beyond, open }: { within: readonly Read[]; beyond: readonly Read[]; open: ReadonlySet<string> },
  ends: TransactionEnds,
): Promise<ReadonlySet<string>> {
  for (const transaction of ends.keys()) if (!open.has(transaction)) ends.delete(transaction);
  if (open.size === 0) return new Set();
  const last = new Map(
    within.filter(({ transaction }) => open.has(transaction ?? '')).map((row) => [placeOf(row), row]),
  );
  const shown = new Set(beyond.map(placeOf));
  const hidden = [...last].flatMap(([place, { transaction }]) => (shown.has(place) ? [] : [transaction ?? '']));
  await keepEnds(session, ends, hidden);
  const goesOn = (row: Read): boolean =>
    shown.has(placeOf(row)) || BigInt(row.number) < (ends.get(row.transaction ?? '')?.get(row.stream) ?? 0n);
  return new Set([...last.values()].filter(goesOn).map(({ number }) => number));
}

/** Looks up the ends of transactions. The lateral limit keeps Postgres from reading the whole log for it, as in `readOutbox`. */
async function keepEnds(session: Session, ends: TransactionEnds, transactions: readonly string[]): Promise<void> {
  const unknown = [...new Set(transactions)].filter((transaction) => !ends.has(transaction));
  if (unknown.length === 0) return;
  const { rows } = await session.query({
    name: 'transaction-ends',
    text: `SELECT e.transaction, e.stream, max(o.number) AS number FROM outbox o
           CROSS JOIN LATERAL (
             SELECT transaction, stream FROM events WHERE events.number = o.number AND events.recorded_at = o.recorded_at LIMIT 1
           ) AS e
           WHERE e.transaction = ANY ($1::text[]) GROUP BY 1, 2`,
    values: [unknown],
  });
  for (const transaction of unknown) {
    const own = rows.filter((row) => row.transaction === transaction);
    ends.set(transaction, new Map(own.map((row) => [row.stream, BigInt(row.number)])));
  }
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
