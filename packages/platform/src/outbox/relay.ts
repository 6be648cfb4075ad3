import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceName } from '@arcadia/contracts';
import pg from 'pg';
import type { Bus } from '../bus/nats.ts';
import type { Clock } from '../kernel/clock.ts';
import { failpoint } from '../kernel/failpoints.ts';
import { errorText, type Logger } from '../kernel/log.ts';
import type { Metrics } from '../kernel/metrics.ts';
import type { Tracing } from '../kernel/tracing.ts';
import { clearOutbox, type Published, releaseDueJobs, type Session } from './outbox-session.ts';
import { readAhead } from './read-ahead.ts';
import { publishBatch } from './relay-batch.ts';

export type Relay = {
  /** Has the relay publish now, because events were committed. */
  wake(): void;
  isLeader(): boolean;
  /** Why the last publication of this replica failed; null after one that succeeded. */
  failure(): string | null;
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
  tracing: Tracing;
  /** True while the database is behind the streams: publishing anything new would contradict what was published. */
  isSetBack?: () => Promise<boolean>;
  /** Called when a stream has lost messages, which is recorded. */
  onLoss?: () => void;
};

const busyPollMs = 20;
const idlePollMs = 200;
const electionMs = 500;
const maxPauseMs = 2_000;
/** A leader whose statement has no reply for so long has lost its connection and is leader no more; the server drops it as fast. */
const longestSilenceMs = 10_000;
/** How long a connection may take to end in order. */
const longestFarewellMs = 2_000;

/**
 * Starts the relay: it publishes the messages that the outbox points at, in order, and deletes the pointers once the server has
 * acknowledged. One relay per schema is elected by a session's advisory lock. It reads and deletes through the same session, so
 * a relay that has lost its lock can no longer touch the outbox.
 */
export function startRelay(options: RelayOptions): Relay {
  const stopping = new AbortController();
  const bell = createBell();
  const state: State = { leader: false, failure: null };
  const unlisten = options.bus.onReconnect(bell.ring);
  const finished = campaign(options, bell, state, stopping.signal);
  return {
    wake: bell.ring,
    isLeader: () => state.leader,
    failure: () => state.failure,
    async stop() {
      stopping.abort();
      unlisten();
      bell.ring();
      await finished;
    },
  };
}

type State = { leader: boolean; failure: string | null };

type Bell = { ring(): void; wait(ms: number): Promise<void> };

/** A signal; one that is rung while no caller waits ends the next wait at once. */
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

async function campaign(options: RelayOptions, bell: Bell, state: State, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const socket = new Socket();
    const cut = cutOnStop(socket, signal);
    const client = new pg.Client({
      ...options.session,
      stream: () => socket,
      query_timeout: longestSilenceMs,
      pipeline: true,
      application_name: `${options.service}-relay`,
      // If a crash of Postgres undoes a deletion, the same message is only published again: not worth an fsync.
      options: `${options.session.options ?? ''} -c synchronous_commit=off`,
    });
    client.on('error', () => undefined); // the next statement fails and the campaign starts again
    try {
      await client.connect();
      if ((await isElected(client, options.schema)) && !(await options.isSetBack?.())) {
        state.leader = true;
        await lead(client, { ...options, state }, bell, signal);
      } else {
        await delay(electionMs, undefined, { signal }).catch(() => undefined);
      }
    } catch (error) {
      if (!signal.aborted) options.log.warn({ err: error }, 'the relay lost its database session; retrying');
      await delay(electionMs, undefined, { signal }).catch(() => undefined);
    } finally {
      state.leader = false;
      await Promise.race([client.end().catch(() => undefined), delay(longestFarewellMs, undefined, { ref: false })]);
      cut.release();
      socket.destroy();
    }
  }
}

/** Closes the connection when the relay is to stop and a statement is still without a reply after a while. */
function cutOnStop(socket: Socket, signal: AbortSignal): { release(): void } {
  let timer: NodeJS.Timeout | undefined;
  const onStop = (): void => {
    timer = setTimeout(() => socket.destroy(), longestFarewellMs);
  };
  signal.addEventListener('abort', onStop, { once: true });
  return {
    release() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onStop);
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
 * Publishes as the elected relay. While a batch is published, the next ones are read and the pointers of the previous one are
 * deleted. After a failure what was read ahead is dropped and the same batch is read again, to keep the order.
 */
async function lead(
  session: Session,
  options: RelayOptions & { state: State },
  bell: Bell,
  signal: AbortSignal,
): Promise<void> {
  const pace = { pauseMs: 0, lastBusy: 0, nextDueCheck: 0 };
  const ahead = readAhead(session, options, async () => {
    if (Date.now() < pace.nextDueCheck) return;
    await releaseDueJobs(session, options.clock);
    pace.nextDueCheck = Date.now() + busyPollMs;
  });
  let cleared: Promise<void> = Promise.resolve();
  while (!signal.aborted) {
    if (!options.bus.isConnected()) {
      await bell.wait(electionMs);
      pace.pauseMs = 0;
      continue;
    }
    const batch = await ahead.take();
    if (batch.rows.length === 0) {
      await cleared;
      await bell.wait(Date.now() - pace.lastBusy < 1_000 ? busyPollMs : idlePollMs);
      continue;
    }
    const { done, failure } = await publishBatch(batch, options);
    await failpoint('relay.after-publish');
    await cleared;
    cleared = forget(session, done, options);
    cleared.catch(() => undefined); // awaited above
    pace.lastBusy = Date.now();
    options.state.failure = failure === null ? null : errorText(failure);
    pace.pauseMs = failure === null ? 0 : Math.min(maxPauseMs, Math.max(50, pace.pauseMs * 2));
    if (failure === null) {
      // The next poll finds what another replica committed meanwhile.
      if (batch.isEverything) await bell.wait(busyPollMs);
      continue;
    }
    await cleared;
    await ahead.drop();
    options.log.warn(
      { err: failure, pauseMs: pace.pauseMs },
      'the relay could not publish; the same messages will be published again',
    );
    await delay(pace.pauseMs, undefined, { signal }).catch(() => undefined);
  }
  await cleared;
}

async function forget(session: Session, done: readonly Published[], options: RelayOptions): Promise<void> {
  if (await clearOutbox(session, done)) options.onLoss?.();
}
