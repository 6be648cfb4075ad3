import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventContract, ServiceName } from '@arcadia/contracts';
import type { Kysely, Transaction } from 'kysely';
import { compressed } from '../bus/compressed-json.ts';
import { delayJob, encodeJob } from '../bus/job-message.ts';
import { encodeEvent, type LoggedEvent } from '../bus/message.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Job, Tx } from '../kernel/definition.ts';
import { isRetryable } from '../kernel/infrastructure-errors.ts';
import type { EnqueueOptions } from '../kernel/job-run.ts';
import type { PublishOptions } from '../kernel/publish-options.ts';
import { traceHeaders } from '../kernel/tracing.ts';
import { appendEvents, appendFromQuery } from './outbox.ts';

export type Publisher = {
  service: ServiceName;
  clock: Clock;
  /** The event types that the service lists in `publishes`. */
  publishes: ReadonlySet<string>;
  jobs: ReadonlyMap<string, Job<never, never>>;
  /** Called after a commit that published events. */
  wake: () => void;
};

const attempts = 8;
const transactions = new AsyncLocalStorage<true>();

/** Marks everything that `work` does as part of a transaction, where no request to another service may be sent. */
export const withinTransaction = <T>(work: () => Promise<T>): Promise<T> => transactions.run(true, work);

/** Throws inside a transaction, because the row locks would be held while a request waits for another service. */
export function assertOutsideTransaction(attempt: string): void {
  if (transactions.getStore()) {
    throw new Error(
      `${attempt} was sent inside a transaction; send it before, in the \`resolve\` phase of the command`,
    );
  }
}

/** Runs a transaction that can also publish events. After a serialization failure or a deadlock, `work` runs again from its beginning. */
export async function transact<DB, T>(
  db: Kysely<DB>,
  publisher: Publisher,
  work: (tx: Tx<DB>) => Promise<T>,
): Promise<T> {
  let published = false;
  const result = await retryingConflicts(() =>
    withinTransaction(() =>
      db.transaction().execute(async (trx) => {
        const events = bufferEvents(trx, publisher);
        const value = await work(events.tx);
        published = await events.write();
        return value;
      }),
    ),
  );
  if (published) publisher.wake();
  return result;
}

/** Runs a whole transaction again after a serialization failure or a deadlock, at most 8 times. */
export async function retryingConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= attempts || !isRetryable(error)) throw error;
      await delay(Math.random() * 10 * 2 ** attempt);
    }
  }
}

export type EventBuffer<DB> = {
  tx: Tx<DB>;
  /** Writes the buffered events; true if there were any. */
  write(): Promise<boolean>;
  /** For savepoints: how many events are buffered now. */
  mark(): number;
  /** For savepoints: drops the events buffered since a mark. */
  forgetAfter(mark: number): void;
};

/** Buffers events in memory until the end of the transaction, so that their numbers are taken after all its row locks. */
export function bufferEvents<DB>(trx: Transaction<DB>, publisher: Publisher): EventBuffer<DB> {
  const waiting: LoggedEvent[] = [];
  let publishedBySql = false;
  const metaOf = (options: PublishOptions | undefined) => ({
    occurredAt: options?.occurredAt ?? publisher.clock.now(),
    headers:
      options?.causation === undefined ? traceHeaders() : { 'arcadia-causation': options.causation, ...traceHeaders() },
  });
  const assertListed = (contract: EventContract) => {
    if (!publisher.publishes.has(contract.type))
      throw new Error(
        `${publisher.service} does not list ${contract.type} in \`publishes\`; append it to the \`events\` of its contracts`,
      );
  };
  const tx: Tx<DB> = {
    sql: trx,
    async publish(contract, data, options) {
      assertListed(contract);
      const meta = metaOf(options);
      const all: readonly unknown[] = Array.isArray(data) ? data : [data];
      for (const one of all) waiting.push(...encodeEvent(contract, one, meta));
    },
    async publishEncoded(contract, events, { isCompressed }) {
      assertListed(contract);
      const { headers } = metaOf(undefined);
      const all = headers === null ? events : events.map((event) => ({ ...event, headers }));
      waiting.push(...(isCompressed ? all.map(compressed) : all));
    },
    async publishFrom(contract, query, options) {
      assertListed(contract);
      const expressions = options?.with === undefined ? {} : { expressions: options.with };
      const count = await appendFromQuery(trx, contract, query, { ...metaOf(options), ...expressions });
      publishedBySql ||= count > 0;
      return count;
    },
    async enqueue(job, input, options: EnqueueOptions = {}) {
      const name = typeof job === 'string' ? job : job.name;
      const found = publisher.jobs.get(name);
      if (found === undefined) throw new Error(`${publisher.service} has no job ${name}`);
      const event = encodeJob(publisher.service, found, {
        input,
        cause: options.cause ?? randomUUID(),
        scheduledAt: null,
        attempt: 1,
        now: publisher.clock.now(),
      });
      const { delayMs, runAt, onlyOnePending = false } = options;
      const isLater = delayMs !== undefined || runAt !== undefined;
      if (onlyOnePending && !isLater) throw new Error(`${name}: onlyOnePending needs runAt or delayMs`);
      const slot = onlyOnePending ? { slot: found.key(found.input.parse(input) as never) } : {};
      if (isLater) await delayJob(trx, event, { ...options, ...slot });
      else waiting.push(event);
      publishedBySql ||= isLater;
    },
  };
  return {
    tx,
    async write() {
      await appendEvents(trx, waiting);
      return waiting.length > 0 || publishedBySql;
    },
    mark: () => waiting.length,
    forgetAfter(mark) {
      waiting.length = mark;
    },
  };
}
