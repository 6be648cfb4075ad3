import { setTimeout as delay } from 'node:timers/promises';
import type { EventContract } from '@arcadia/contracts';
import type { ConsumerInfo, JsMsg } from '@nats-io/jetstream';
import type { Kysely } from 'kysely';
import { acknowledge } from '../bus/acknowledge.ts';
import { durableOf } from '../bus/durables.ts';
import { type Intake, openIntake } from '../bus/intake.ts';
import { type DurableOptions, ensureConsumer, ignoringNotFound } from '../bus/streams.ts';
import type { Consumer } from '../kernel/definition.ts';
import { failpoint } from '../kernel/failpoints.ts';
import { errorText } from '../kernel/log.ts';
import type { Runtime } from '../runtime.ts';
import { type BatchWork, handleBatch } from './consumer-batch.ts';
import { forgetPosition, positionOf, withPositionsLock } from './position.ts';
import { type Delivery, receive } from './received-event.ts';
import { asSpan } from './traced-batch.ts';

export type RunningConsumer = {
  readonly stream: string;
  readonly durable: string;
  readonly name: string;
  /** Why the consumer is paused, or null. */
  paused(): string | null;
  info(): Promise<ConsumerInfo>;
  /** Creates the consumer again after it has vanished: it begins well before the furthest message that the database has handled. */
  recreate(): Promise<void>;
  /** Begins with the first message of its stream, after that has lost messages which the consumer had handled, if `isNeeded` still holds. */
  beginAgain(isNeeded: (session: Kysely<unknown>) => Promise<boolean>): Promise<void>;
  stop(): Promise<void>;
};

/** The messages of a replica that died pass to another after so long; a replica that lives renews those it holds. */
const defaultAckWaitMs = 8_000;
const defaultBatch = 500;
/** A replica holds the messages of a few batches. So many may be held by replicas that have just died, and the others still get some. */
const batchesInFlight = 16;
/** The next batch waits in memory, and a little more. Twice as much takes a sixth more processor time, for garbage collection. */
const batchesAhead = 1.1;
const retryDelaysMs = [250, 1_000, 5_000, 15_000, 60_000];
const maxPauseMs = 5_000;
/** Messages before the furthest one that a consumer made anew handles again: those that failed meanwhile were not acknowledged. */
const handledAgain = 1_000_000;

/** Fetches, handles in one transaction, commits and acknowledges, until stopped. A redelivered message changes nothing. */
export async function startConsumer<DB, Config>(
  runtime: Runtime<DB, Config>,
  consumer: Consumer<DB, Config>,
): Promise<RunningConsumer> {
  const batch = consumer.batch ?? defaultBatch;
  const durable: DurableOptions = {
    ...durableOf(runtime.name, consumer),
    ackWaitMs: consumer.ackWaitMs ?? defaultAckWaitMs,
    maxAckPending: batch * batchesInFlight,
  };
  const { stream } = durable;
  const state: LoopState = {
    pausedBecause: null,
    stopped: false,
    failures: new Map(),
    acknowledged: Promise.resolve(),
  };
  const work = workOf(runtime, consumer, state);
  const open = async (info: ConsumerInfo) => {
    const read = (message: JsMsg) => receive(message, work.contracts);
    const intake = await openIntake(runtime.bus, info, {
      ahead: Math.ceil(batch * batchesAhead),
      ackWaitMs: durable.ackWaitMs,
      read,
    });
    return { intake, finished: loop(work, intake, batch, state) };
  };
  const create = async (db: Kysely<DB>): Promise<ConsumerInfo> =>
    await ensureConsumer(runtime.bus, { ...durable, ...(await startOf(db, consumer.name, stream)) });
  const pause = async (): Promise<void> => {
    await current.intake.stop();
    await current.finished;
  };
  let current = await open(await withPositionsLock(runtime.db, create));
  return {
    stream,
    durable: durable.durable,
    name: consumer.name,
    paused: () => state.pausedBecause,
    info: () => runtime.bus.jsm.consumers.info(stream, durable.durable),
    async recreate() {
      await pause();
      current = await open(await withPositionsLock(runtime.db, create));
    },
    async beginAgain(isNeeded) {
      await withPositionsLock(runtime.db, async (session) => {
        if (!(await isNeeded(session as unknown as Kysely<unknown>))) return;
        await pause();
        // In this order: a consumer that is further than the database is the sign of a database that was set back.
        await ignoringNotFound(() => runtime.bus.jsm.consumers.delete(stream, durable.durable));
        await forgetPosition(session, consumer.name);
        await failpoint('consumer.forgotten');
        current = await open(await create(session));
      });
    },
    async stop() {
      state.stopped = true;
      await current.intake.stop();
      await current.finished;
    },
  };
}

/** Where a consumer that does not exist on the server begins: well before the furthest message that the database has handled. */
async function startOf<DB>(db: Kysely<DB>, consumer: string, stream: string): Promise<{ startSeq?: number }> {
  const furthest = await positionOf(db, consumer, stream);
  return furthest === null ? {} : { startSeq: Math.max(1, furthest.seq - handledAgain) };
}

type LoopState = {
  pausedBecause: string | null;
  stopped: boolean;
  failures: Map<number, number>;
  /** Resolves when the batch before is acknowledged, or could not be. */
  acknowledged: Promise<void>;
};

function workOf<DB, Config>(
  runtime: Runtime<DB, Config>,
  consumer: Consumer<DB, Config>,
  state: LoopState,
): BatchWork<DB, Config> {
  return {
    runtime,
    consumer,
    contracts: new Map<string, EventContract>(consumer.consumes.map((contract) => [contract.type, contract])),
    failuresOf: (message) => state.failures.get(message.seq) ?? 0,
  };
}

async function loop<DB, Config>(
  work: BatchWork<DB, Config>,
  intake: Intake<Delivery>,
  batch: number,
  state: LoopState,
): Promise<void> {
  for (;;) {
    const taken = await intake.take(batch);
    if (taken === null) break;
    await work.runtime.activity.during(() => handleUntilDone(work, taken, state));
  }
  await state.acknowledged;
}

/**
 * Waits out infrastructure failures with the batch in hand; its messages are meanwhile not delivered to other replicas. They are
 * acknowledged while the next batch is handled: if that fails, they are delivered again, which changes nothing.
 */
async function handleUntilDone<DB, Config>(
  work: BatchWork<DB, Config>,
  incoming: Delivery[],
  state: LoopState,
): Promise<void> {
  const { ctx, metrics, activity, bus } = work.runtime;
  const messages = incoming.map(({ message }) => message);
  const renewEveryMs = (work.consumer.ackWaitMs ?? defaultAckWaitMs) / 3;
  const renewal = setInterval(() => {
    for (const message of messages) message.working();
  }, renewEveryMs);
  for (let pauseMs = 50; !state.stopped; pauseMs = Math.min(maxPauseMs, pauseMs * 2)) {
    try {
      const done = await handleOnce(work, incoming, state);
      await state.acknowledged;
      state.acknowledged = activity.during(async () => {
        await acknowledge(bus, done, () => state.stopped);
        clearInterval(renewal);
      });
      return;
    } catch (error) {
      state.pausedBecause = errorText(error);
      ctx.log.warn({ err: error, consumer: work.consumer.name, pauseMs }, 'a consumer is paused; retrying its batch');
      metrics.count('arcadia_consumer_pauses_total', { consumer: work.consumer.name });
      await delay(pauseMs);
    }
  }
  clearInterval(renewal);
  for (const message of messages) message.nak();
}

/** Handles and commits a batch. Returns the messages to acknowledge; those that failed are delivered again later. */
async function handleOnce<DB, Config>(
  work: BatchWork<DB, Config>,
  incoming: Delivery[],
  state: LoopState,
): Promise<JsMsg[]> {
  const { metrics } = work.runtime;
  const startedMs = performance.now();
  const outcome = await asSpan(work, incoming, () => handleBatch(work, incoming));
  metrics.time('arcadia_batch_seconds', { consumer: work.consumer.name }, startedMs);
  state.pausedBecause = null;
  await failpoint('consumer.after-commit');
  metrics.count('arcadia_consumed_total', { consumer: work.consumer.name }, outcome.done.length);
  retryLater(work, outcome.failed, state);
  for (const message of outcome.done) state.failures.delete(message.seq);
  return outcome.done;
}

function retryLater<DB, Config>(
  work: BatchWork<DB, Config>,
  failed: { message: JsMsg; error: unknown }[],
  state: LoopState,
): void {
  for (const { message, error } of failed) {
    const failures = (state.failures.get(message.seq) ?? 0) + 1;
    state.failures.set(message.seq, failures);
    const retryInMs = retryDelaysMs[Math.min(failures, retryDelaysMs.length) - 1] ?? 60_000;
    const origin = { consumer: work.consumer.name, seq: message.seq, subject: message.subject };
    work.runtime.ctx.log.warn(
      { err: error, ...origin, attempt: failures, retryInMs },
      'a message failed; it will be retried',
    );
    work.runtime.metrics.count('arcadia_retried_total', { consumer: work.consumer.name });
    message.nak(retryInMs);
  }
}
