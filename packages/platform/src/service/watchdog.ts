import { setTimeout as delay } from 'node:timers/promises';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { jobStream } from '../bus/job-message.ts';
import { ignoringNotFound, streamsPublishedBy } from '../bus/streams.ts';
import type { RunningConsumer } from '../consumers/consumer-runner.ts';
import { type Position, positionOf } from '../consumers/position.ts';
import type { RunningQueue } from '../jobs/job-worker.ts';
import type { Runtime } from '../runtime.ts';

export type Watchdog = {
  /** Checks all streams and consumers now. */
  check(): Promise<void>;
  stop(): Promise<void>;
};

/** What a service reads from streams. */
type Guarded = { consumers: readonly RunningConsumer[]; queues: readonly RunningQueue[] };

const everyMs = 15_000;
/** A transaction may last this long between its row in the log and its publication, so republishing goes back this much further. */
const slowestTransactionSeconds = 900;

/**
 * Starts the watchdog. JetStream can lose acknowledged messages, after a power cut or with a restored disk. Then a stream's last
 * sequence is lower than the one this service got acknowledged, or a consumer is ahead of its stream and silently gets nothing.
 * The watchdog logs an alarm, republishes the lost messages from the events log and has the consumer begin again. Nothing counts
 * twice, because handlers are idempotent by key and revision.
 */
export function startWatchdog<DB, Config>(
  runtime: Runtime<DB, Config>,
  { consumers, queues }: Guarded,
  isSetBack: () => Promise<boolean>,
): Watchdog {
  const stopping = new AbortController();
  let last: Promise<void> = Promise.resolve();
  const enqueue = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work).catch((error: unknown) => {
      runtime.ctx.log.warn({ err: error }, 'the watchdog check failed; retrying');
    });
    return last;
  };
  const check = () =>
    enqueue(async () => {
      // After a set-back of the database the streams are right, whatever their consumers look like.
      if (!(await isSetBack())) await checkAll(runtime, { consumers, queues });
    });
  const unlisten = runtime.bus.onReconnect(() => void check());

  async function repeat(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (runtime.bus.isConnected()) await check();
      await delay(everyMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }
  const repeating = repeat();

  return {
    check,
    async stop() {
      stopping.abort();
      unlisten();
      await repeating;
      await last;
    },
  };
}

async function checkAll<DB, Config>(runtime: Runtime<DB, Config>, { consumers, queues }: Guarded): Promise<void> {
  const acknowledged = await sql<{ stream: string; seq: string; at: string }>`
    SELECT stream, seq, ${asText(sql`at`)} AS at FROM acknowledged`.execute(runtime.db);
  for (const { stream, seq, at } of acknowledged.rows) {
    const { created, state } = await runtime.bus.jsm.streams.info(stream);
    const isNew = Temporal.Instant.compare(created, at) > 0;
    if (isNew || state.last_seq < Number(seq)) await noteLoss(runtime, { stream, at }, state.last_seq);
  }
  const lost = await sql<Loss>`
    SELECT stream, ${asText(sql`lost_after`)} AS "lostAfter" FROM acknowledged WHERE lost_after IS NOT NULL ORDER BY stream`.execute(
    runtime.db,
  );
  for (const loss of lost.rows) await recover(runtime, loss);
  for (const consumer of consumers) await checkConsumer(runtime, consumer);
  for (const queue of queues) await checkQueue(runtime, queue);
}

/** A stream that has lost messages, and the time of its last acknowledgement before the loss was found. */
type Loss = { stream: string; lostAfter: string };

const asText = (instant: RawBuilder<unknown>) =>
  sql<string>`to_char(${instant} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Unless the relay has recorded it meanwhile. */
async function noteLoss<DB, Config>(
  runtime: Runtime<DB, Config>,
  { stream, at }: { stream: string; at: string },
  lastSeq: number,
): Promise<void> {
  await sql`UPDATE acknowledged SET lost_after = coalesce(lost_after, at), seq = ${lastSeq}, at = clock_timestamp()
    WHERE stream = ${stream} AND at = ${at}::timestamptz`.execute(runtime.db);
}

/**
 * Puts every message that the stream may have lost back into the outbox. The loss is forgotten in the same transaction, so it is
 * recovered also if the process ends before.
 */
async function recover<DB, Config>(runtime: Runtime<DB, Config>, { stream, lostAfter }: Loss): Promise<void> {
  runtime.metrics.count('arcadia_stream_regressed_total', { stream });
  const since = await heldUntil(runtime, stream, Temporal.Instant.from(lostAfter));
  runtime.ctx.log.error(
    { alarm: true, stream, heldUntil: since?.toString() ?? null },
    'a stream has lost messages that it had acknowledged',
  );
  const count = await runtime.db.transaction().execute(async (db) => {
    await sql`UPDATE acknowledged SET lost_after = NULL WHERE stream = ${stream} AND lost_after = ${lostAfter}::timestamptz`.execute(
      db,
    );
    return republish(db, stream, since);
  });
  runtime.ctx.log.error(
    { alarm: true, stream, count },
    'republishing from the events log the messages that the stream may have lost',
  );
  runtime.publisher.wake();
}

/**
 * When the stream stored the last message that it still holds of those acknowledged before a loss; null if it holds none. Since then
 * it may have taken new messages. Of a stream that all services share, a service may not read messages, so an earlier time is
 * the beginning of what the stream keeps.
 */
async function heldUntil<DB, Config>(
  { bus, name }: Runtime<DB, Config>,
  stream: string,
  lostAfter: Temporal.Instant,
): Promise<Temporal.Instant | null> {
  const { config, state } = await bus.jsm.streams.info(stream);
  if (state.messages === 0) return null;
  const last = Temporal.Instant.from(state.last_ts);
  if (Temporal.Instant.compare(last, lostAfter) <= 0) return last;
  if (!streamsPublishedBy(name).some((own) => own === stream))
    return Temporal.Now.instant().subtract({ milliseconds: Math.floor(config.max_age / 1e6) });
  let held: Temporal.Instant | null = null;
  let [from, to] = [state.first_seq, state.last_seq - 1];
  while (from <= to) {
    const seq = Math.floor((from + to) / 2);
    const message = await bus.jsm.streams.getMessage(stream, { seq });
    const at = message === null ? null : Temporal.Instant.fromEpochMilliseconds(message.time.getTime());
    if (at !== null && Temporal.Instant.compare(at, lostAfter) <= 0) {
      held = at;
      from = seq + 1;
    } else to = seq - 1;
  }
  return held;
}

/**
 * Points the outbox again at the messages published on a stream since an instant, or at all of them (null). Messages that the
 * stream still holds are published twice, which changes nothing.
 * @returns how many messages will be published again
 */
export async function republish<DB>(db: Kysely<DB>, stream: string, since: Temporal.Instant | null): Promise<number> {
  const from = since?.subtract({ seconds: slowestTransactionSeconds }).toString() ?? '-infinity';
  const again = await sql<{ count: string }>`
    WITH again AS (
      INSERT INTO outbox (number, recorded_at)
      SELECT number, recorded_at FROM events WHERE stream = ${stream} AND recorded_at >= ${from}::timestamptz ORDER BY number
      ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT count(*) AS count FROM again`.execute(db);
  return Number(again.rows[0]?.count ?? 0);
}

/** Has a consumer begin again if its furthest handled message is no longer at its place, because the stream was rolled back. */
async function checkConsumer<DB, Config>(runtime: Runtime<DB, Config>, consumer: RunningConsumer): Promise<void> {
  const { isThere, ahead } = await placeOf(runtime, consumer, runtime.db);
  const about = { alarm: true, consumer: consumer.name, stream: consumer.stream };
  if (ahead === null && isThere) return;
  if (ahead === null) {
    runtime.ctx.log.error(
      about,
      'a consumer had vanished from its stream; creating it again where the database stands',
    );
    return consumer.recreate();
  }
  await consumer.beginAgain(async (session) => {
    const still = (await placeOf(runtime, consumer, session)).ahead;
    if (still === null) return false; // another replica has had it begin again
    runtime.metrics.count('arcadia_consumer_rebuilt_total', { consumer: consumer.name });
    runtime.ctx.log.error(
      { ...about, ...still },
      'a consumer is ahead of its stream, which was rolled back; rebuilding the consumer',
    );
    return true;
  });
}

/** Whether a consumer is on the server, and, if it has come further than its stream holds, how far. */
async function placeOf<DB, Config, Session>(
  runtime: Runtime<DB, Config>,
  consumer: RunningConsumer,
  db: Kysely<Session>,
): Promise<{ isThere: boolean; ahead: { seen: number; lastSeq: number } | null }> {
  const furthest = await positionOf(db, consumer.name, consumer.stream);
  // In this order: a message that was delivered when the consumer is read is in the stream when the stream is read.
  const info = await ignoringNotFound(() => consumer.info());
  const { state } = await runtime.bus.jsm.streams.info(consumer.stream);
  const seen = Math.max(info?.delivered.stream_seq ?? 0, furthest?.seq ?? 0);
  const isAhead = seen > state.last_seq || (furthest !== null && !(await isHeld(runtime, consumer, furthest, state)));
  return { isThere: info !== null, ahead: isAhead ? { seen, lastSeq: state.last_seq } : null };
}

/** A queue whose consumer has vanished gets no job any more. It begins with the first on the stream: a job that is done is not done again. */
async function checkQueue<DB, Config>(runtime: Runtime<DB, Config>, queue: RunningQueue): Promise<void> {
  if ((await ignoringNotFound(() => queue.info())) !== null) return;
  runtime.ctx.log.error(
    { alarm: true, queue: queue.queue, stream: jobStream },
    'the consumer of a queue of jobs had vanished; creating it again',
  );
  await queue.rebuild();
}

async function isHeld<DB, Config>(
  runtime: Runtime<DB, Config>,
  consumer: RunningConsumer,
  furthest: Position,
  state: { first_seq: number },
): Promise<boolean> {
  const { seq } = furthest;
  if (seq < state.first_seq) return true; // too old to be kept
  const message = await runtime.bus.jsm.streams.getMessage(consumer.stream, { seq });
  return message === null ? false : message.header.get('Nats-Msg-Id') === furthest.messageId;
}
