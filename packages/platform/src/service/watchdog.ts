import { setTimeout as delay } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { streamsPublishedBy } from '../bus/streams.ts';
import type { RunningConsumer } from '../consumers/consumer-runner.ts';
import { type Position, positionOf } from '../consumers/position.ts';
import type { Runtime } from '../runtime.ts';

export type Watchdog = {
  /** Checks all streams and consumers now. */
  check(): Promise<void>;
  /** Reports that the server assigned a sequence number for the second time. */
  regressed(stream: string, heldUpTo: number): void;
  stop(): Promise<void>;
};

const everyMs = 15_000;
/** A transaction may last this long between its row in the log and its publication, so republishing goes back this much further. */
const slowestTransactionSeconds = 900;

/**
 * Starts the watchdog. JetStream can lose acknowledged messages, after a power cut or with a restored disk. Then a stream's last
 * sequence is lower than the one this service got acknowledged, or a consumer is ahead of its stream and silently gets nothing.
 * The watchdog logs an alarm, republishes the lost messages from the events log and rebuilds the consumer. Nothing counts
 * twice, because handlers are idempotent by key and revision.
 */
export function startWatchdog<DB, Config>(
  runtime: Runtime<DB, Config>,
  consumers: readonly RunningConsumer[],
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
      if (!(await isSetBack())) await checkAll(runtime, consumers);
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
    regressed(stream, heldUpTo) {
      void enqueue(() => recover(runtime, stream, heldUpTo));
    },
    async stop() {
      stopping.abort();
      unlisten();
      await repeating;
      await last;
    },
  };
}

async function checkAll<DB, Config>(
  runtime: Runtime<DB, Config>,
  consumers: readonly RunningConsumer[],
): Promise<void> {
  const acknowledged = await sql<{ stream: string; seq: string }>`SELECT stream, seq FROM acknowledged`.execute(
    runtime.db,
  );
  for (const { stream, seq } of acknowledged.rows) {
    const { state } = await runtime.bus.jsm.streams.info(stream);
    if (state.last_seq < Number(seq)) await recover(runtime, stream, state.last_seq);
  }
  for (const consumer of consumers) await checkConsumer(runtime, consumer);
}

/** Puts every message that the stream may have lost back into the outbox. */
async function recover<DB, Config>(runtime: Runtime<DB, Config>, stream: string, heldUpTo: number): Promise<void> {
  runtime.metrics.count('arcadia_stream_regressed_total', { stream });
  runtime.ctx.log.error({ alarm: true, stream, heldUpTo }, 'a stream has lost messages that it had acknowledged');
  const count = await republish(runtime.db, stream, await timeOf(runtime, stream, heldUpTo));
  const { state } = await runtime.bus.jsm.streams.info(stream);
  await sql`UPDATE acknowledged SET seq = least(seq, ${state.last_seq}) WHERE stream = ${stream}`.execute(runtime.db);
  runtime.ctx.log.error(
    { alarm: true, stream, count },
    'republishing from the events log the messages that the stream may have lost',
  );
  runtime.publisher.wake();
}

/**
 * When the stream stored the last message that it still holds; null if it holds none. Of a stream that all services share, a
 * service may not read messages, so an earlier time is the beginning of what the stream keeps.
 */
async function timeOf<DB, Config>(
  { bus, name }: Runtime<DB, Config>,
  stream: string,
  heldUpTo: number,
): Promise<Temporal.Instant | null> {
  if (heldUpTo === 0) return null;
  const { config, state } = await bus.jsm.streams.info(stream);
  if (state.last_seq === heldUpTo) return Temporal.Instant.from(state.last_ts);
  if (!streamsPublishedBy(name).some((own) => own === stream))
    return Temporal.Now.instant().subtract({ milliseconds: Math.floor(config.max_age / 1e6) });
  const held = await bus.jsm.streams.getMessage(stream, { seq: heldUpTo });
  return held === null ? null : Temporal.Instant.fromEpochMilliseconds(held.time.getTime());
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

/** Rebuilds a consumer if its furthest handled message is no longer at its place, because the stream was rolled back. */
async function checkConsumer<DB, Config>(runtime: Runtime<DB, Config>, consumer: RunningConsumer): Promise<void> {
  const furthest = await positionOf(runtime.db, consumer.name, consumer.stream);
  // In this order: a message that was delivered when the consumer is read is in the stream when the stream is read.
  const info = await consumer.info();
  const { state } = await runtime.bus.jsm.streams.info(consumer.stream);
  const seen = Math.max(info.delivered.stream_seq, furthest?.seq ?? 0);
  const isRolledBack =
    seen > state.last_seq || (furthest !== null && !(await isHeld(runtime, consumer, furthest, state)));
  if (!isRolledBack) return;
  runtime.metrics.count('arcadia_consumer_rebuilt_total', { consumer: consumer.name });
  runtime.ctx.log.error(
    { alarm: true, consumer: consumer.name, stream: consumer.stream, seen, lastSeq: state.last_seq },
    'a consumer is ahead of its stream, which was rolled back; rebuilding the consumer',
  );
  await sql`DELETE FROM heard WHERE consumer = ${consumer.name}`.execute(runtime.db);
  await consumer.rebuild(Math.max(1, state.first_seq));
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
