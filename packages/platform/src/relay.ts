import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceName } from '@arcadia/contracts';
import pg from 'pg';
import type { Clock } from './clock.ts';
import { failpoint } from './failpoints.ts';
import type { Logger } from './log.ts';
import { type LoggedEvent, messageHeaders, messageId } from './message.ts';
import type { Metrics } from './metrics.ts';
import type { Bus } from './nats.ts';
import { instantText } from './postgres.ts';
import { maxBatch, type PublishResult, publishInOrder } from './publish.ts';

export type Relay = {
  /** Something was committed: look now. */
  wake(): void;
  isLeader(): boolean;
  stop(): Promise<void>;
};

export type RelayOptions = {
  service: ServiceName;
  schema: string;
  session: pg.ClientConfig;
  bus: Bus;
  clock: Clock;
  log: Logger;
  metrics: Metrics;
  /** Told when the server hands out a sequence number that it had handed out before: it has lost what came after `heldUpTo`. */
  onRegress?: (stream: string, heldUpTo: number) => void;
};

const busyPollMs = 20;
const idlePollMs = 200;
const electionMs = 500;
const maxPauseMs = 2_000;
/** Large messages shorten a batch, so that a thousand of them do not fill the memory. */
const maxReadBytes = 8 * 1024 * 1024;
/** Below this a batch was all there was, and reading ahead would only cost. */
const worthReadingAhead = 200;
/** A transaction that took its number early and committed late lies behind: after so many batches the look goes back to the beginning. */
const fromTheBeginningEvery = 10;

/**
 * Publishes what the outbox points at, in its order, and deletes the pointers once the server has acknowledged. One relay per
 * schema: a session's advisory lock elects it, and everything it reads and deletes goes through that very session, so a
 * relay that has lost its lock can no longer touch the outbox.
 */
export function startRelay(options: RelayOptions): Relay {
  const stopping = new AbortController();
  const bell = createBell();
  const state = { leader: false };
  const unlisten = options.bus.onReconnect(bell.ring);
  const finished = campaign(options, bell, state, stopping.signal);
  return {
    wake: bell.ring,
    isLeader: () => state.leader,
    async stop() {
      stopping.abort();
      unlisten();
      bell.ring();
      await finished;
    },
  };
}

type Bell = { ring(): void; wait(ms: number): Promise<void> };

/** A ring that comes while nobody waits is remembered. */
function createBell(): Bell {
  let rung = false;
  let waiter: (() => void) | null = null;
  return {
    ring() {
      rung = true;
      waiter?.();
    },
    async wait(ms) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          waiter = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      waiter = null;
      rung = false;
    },
  };
}

async function campaign(
  options: RelayOptions,
  bell: Bell,
  state: { leader: boolean },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const client = new pg.Client({
      ...options.session,
      application_name: `${options.service}-relay`,
      // A deletion that a crash of Postgres undoes only makes the same message be published again: not worth an fsync.
      options: `${options.session.options ?? ''} -c synchronous_commit=off`,
    });
    client.on('error', () => undefined); // the next statement fails and the campaign begins anew
    try {
      await client.connect();
      const session = inOrder(client);
      if (await isElected(session, options.schema)) {
        state.leader = true;
        await lead(session, options, bell, signal);
      } else {
        await delay(electionMs, undefined, { signal }).catch(() => undefined);
      }
    } catch (error) {
      if (!signal.aborted) options.log.warn({ err: error }, 'the relay lost its database session; trying again');
      await delay(electionMs, undefined, { signal }).catch(() => undefined);
    } finally {
      state.leader = false;
      await client.end().catch(() => undefined);
    }
  }
}

/** One statement after the other, in the order they are asked for, without waiting for each to be asked for. */
type Session = { query(query: pg.QueryConfig): Promise<pg.QueryResult> };

function inOrder(client: pg.Client): Session {
  let last: Promise<unknown> = Promise.resolve();
  return {
    query(query) {
      const result = last.then(() => client.query(query));
      last = result.catch(() => undefined);
      return result;
    },
  };
}

async function isElected(session: Session, schema: string): Promise<boolean> {
  const result = await session.query({
    text: 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS elected',
    values: [`relay:${schema}`],
  });
  return result.rows[0]?.elected === true;
}

/**
 * While a batch is published the next one is read, and what was published is deleted behind it: the session takes its
 * statements in order, so a read never sees a pointer whose deletion came before it. After a failure the batch read ahead
 * is forgotten and the same batch is read again, or order would break.
 */
async function lead(session: Session, options: RelayOptions, bell: Bell, signal: AbortSignal): Promise<void> {
  const pace = { pauseMs: 0, lastBusy: 0, nextDueCheck: 0 };
  let ahead: Promise<OutboxRow[]> | null = null;
  let readAhead = 0;
  let cleared: Promise<void> = Promise.resolve();
  while (!signal.aborted) {
    if (!options.bus.isConnected()) {
      await bell.wait(electionMs);
      pace.pauseMs = 0;
      continue;
    }
    if (ahead === null && Date.now() >= pace.nextDueCheck) {
      await releaseDueJobs(session, options.clock);
      pace.nextDueCheck = Date.now() + busyPollMs;
    }
    if (ahead === null) await cleared;
    const rows: OutboxRow[] = await (ahead ?? readOutbox(session, '0'));
    ahead = null;
    if (rows.length === 0) {
      await cleared;
      await bell.wait(Date.now() - pace.lastBusy < 1_000 ? busyPollMs : idlePollMs);
      continue;
    }
    readAhead = rows.length >= worthReadingAhead && readAhead < fromTheBeginningEvery ? readAhead + 1 : 0;
    if (readAhead > 0) {
      ahead = readOutbox(session, rows.at(-1)?.number ?? '0');
      ahead.catch(() => undefined); // awaited above, or no longer of interest
    }
    const { done, failure } = await publishRows(rows, options);
    await failpoint('relay.after-publish');
    await cleared;
    cleared = forget(session, done, options);
    cleared.catch(() => undefined); // awaited above
    pace.lastBusy = Date.now();
    pace.pauseMs = failure === null ? 0 : Math.min(maxPauseMs, Math.max(50, pace.pauseMs * 2));
    if (failure === null) continue;
    await cleared;
    ahead = null;
    options.log.warn(
      { err: failure, pauseMs: pace.pauseMs },
      'the relay could not publish; the same messages will be sent again',
    );
    await delay(pace.pauseMs, undefined, { signal }).catch(() => undefined);
  }
  await cleared;
}

type OutboxRow = LoggedEvent & { number: string };

/**
 * The next pointers in order, after a number: from the beginning, or behind those that are being published. The lateral limit
 * keeps Postgres from joining with the whole log, which it prefers while a fresh partition has no statistics.
 */
async function readOutbox(session: Session, after: string): Promise<OutboxRow[]> {
  const result = await session.query({
    name: 'read-outbox',
    text: `SELECT number, id, stream, type, version, subject, occurred_at, part, parts, headers, payload::text AS payload
           FROM (
             SELECT e.*, sum(pg_column_size(e.payload)) OVER (ORDER BY o.number) - pg_column_size(e.payload) AS before
             FROM (
               SELECT number, recorded_at FROM outbox WHERE number > $1 ORDER BY number LIMIT ${maxBatch}
             ) AS o
             CROSS JOIN LATERAL (
               SELECT * FROM events WHERE events.number = o.number AND events.recorded_at = o.recorded_at LIMIT 1
             ) AS e
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

/** Streams are independent of each other; within one, order holds. */
async function publishRows(rows: OutboxRow[], options: RelayOptions): Promise<{ done: Done[]; failure: unknown }> {
  const byStream = Map.groupBy(rows, (row) => row.stream);
  const outcomes = await Promise.allSettled(
    [...byStream].map(([stream, group]) => publishStream(stream, group, options)),
  );
  const done = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  return { done, failure: failed === undefined ? null : failed.reason };
}

type Done = { stream: string; rows: OutboxRow[]; result: PublishResult };

async function publishStream(stream: string, rows: OutboxRow[], options: RelayOptions): Promise<Done> {
  // The same id twice in one batch would have the whole batch refused; saying it once is what both mean.
  const once = new Map(rows.map((row) => [messageId(row), row]));
  const messages = [...once.values()].map((row) => ({
    subject: row.subject,
    payload: row.payload,
    headers: messageHeaders(row, options.service),
  }));
  const result = await publishInOrder(options.bus, stream, messages);
  options.metrics.count('arcadia_said_total', { stream }, result.stored);
  if (result.duplicates > 0) options.metrics.count('arcadia_said_duplicates_total', { stream }, result.duplicates);
  return { stream, rows, result };
}

/** Delete the pointers and note how far the server has acknowledged, in one statement. */
async function forget(session: Session, done: Done[], options: RelayOptions): Promise<void> {
  if (done.length === 0) return;
  const stored = done.filter(({ result }) => result.stored > 0);
  const regressed = await session.query({
    name: 'forget-outbox',
    text: `WITH gone AS (DELETE FROM outbox WHERE number = ANY($1::bigint[])),
           stored AS (SELECT * FROM unnest($2::text[], $3::bigint[], $4::bigint[]) AS t(stream, first, last)),
           noted AS (
             INSERT INTO acknowledged (stream, seq) SELECT stream, last FROM stored
             ON CONFLICT (stream) DO UPDATE SET seq = excluded.seq, at = clock_timestamp()
           )
           SELECT stream, first FROM stored JOIN acknowledged AS before USING (stream) WHERE stored.first <= before.seq`,
    values: [
      done.flatMap(({ rows }) => rows.map((row) => row.number)),
      stored.map(({ stream }) => stream),
      stored.map(({ result }) => result.firstSeq),
      stored.map(({ result }) => result.lastSeq),
    ],
  });
  for (const { stream, first } of regressed.rows) options.onRegress?.(stream, Number(first) - 1);
}

/** Job messages that were kept back go through the outbox when their time has come. */
async function releaseDueJobs(session: Session, clock: Clock): Promise<void> {
  await session.query({
    name: 'release-due-jobs',
    text: `WITH due AS (
             DELETE FROM job_delays
             WHERE due_at <= CASE WHEN is_wall THEN clock_timestamp() ELSE $1::timestamptz END
             RETURNING due_at, event
           ),
           said AS (
             INSERT INTO events (id, stream, type, version, subject, occurred_at, payload)
             SELECT (event->>'id')::uuid, event->>'stream', event->>'type', (event->>'version')::int,
               event->>'subject', (event->>'occurredAt')::timestamptz, (event->>'payload')::json
             FROM due ORDER BY due_at
             RETURNING number, recorded_at
           )
           INSERT INTO outbox (number, recorded_at) SELECT number, recorded_at FROM said`,
    values: [clock.now().toString()],
  });
}
