import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { EventContract, ServiceName } from '@arcadia/contracts';
import type { Kysely, Transaction } from 'kysely';
import { delayJob, encodeJob } from '../bus/job-message.ts';
import { encodeEvent, type LoggedEvent } from '../bus/message.ts';
import type { Clock } from '../kernel/clock.ts';
import type { EnqueueOptions, Job, PublishOptions, Tx } from '../kernel/definition.ts';
import { isRetryable } from '../postgres/postgres.ts';
import { appendEvents, appendFromQuery } from './outbox.ts';

export type Publisher = {
  service: ServiceName;
  clock: Clock;
  /** The types it lists. */
  publishes: ReadonlySet<string>;
  jobs: ReadonlyMap<string, Job<never, never>>;
  /** Called after a commit that said something. */
  wake: () => void;
};

const attempts = 8;
const transactions = new AsyncLocalStorage<true>();

/** Marks all that `work` starts as part of a transaction, where no request to another service may be sent. */
export const withinTransaction = <T>(work: () => Promise<T>): Promise<T> => transactions.run(true, work);

/** Throws inside a transaction: a request that waits for another service would hold its row locks meanwhile. */
export function assertOutsideTransaction(attempt: string): void {
  if (transactions.getStore()) {
    throw new Error(
      `${attempt} was sent inside a transaction; send it before, in the \`resolve\` phase of the command`,
    );
  }
}

/** One transaction with a events. Serialization failures and deadlocks run `work` again, from its beginning. */
export async function transact<DB, T>(
  db: Kysely<DB>,
  publisher: Publisher,
  work: (tx: Tx<DB>) => Promise<T>,
): Promise<T> {
  let said = false;
  const result = await retryingConflicts(() =>
    withinTransaction(() =>
      db.transaction().execute(async (trx) => {
        const events = bufferEvents(trx, publisher);
        const value = await work(events.tx);
        said = await events.write();
        return value;
      }),
    ),
  );
  if (said) publisher.wake();
  return result;
}

/** Run a whole transaction again when Postgres asks for it (serialization failure, deadlock). */
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
  /** Write what was said; true if there was something. */
  write(): Promise<boolean>;
  /** How much was said so far, and forget what came after: for savepoints. */
  mark(): number;
  forgetAfter(mark: number): void;
};

/** Events wait in memory until the end of the transaction, so that their numbers come after every row lock it takes. */
export function bufferEvents<DB>(trx: Transaction<DB>, publisher: Publisher): EventBuffer<DB> {
  const waiting: LoggedEvent[] = [];
  let publishedBySql = false;
  const metaOf = (options: PublishOptions | undefined) => ({
    occurredAt: options?.occurredAt ?? publisher.clock.now(),
    headers: options?.causation === undefined ? null : { 'arcadia-causation': options.causation },
  });
  const assertListed = (contract: EventContract) => {
    if (!publisher.publishes.has(contract.type))
      throw new Error(`${publisher.service} does not list ${contract.type} among what it says`);
  };
  const tx: Tx<DB> = {
    sql: trx,
    async publish(contract, data, options) {
      assertListed(contract);
      const meta = metaOf(options);
      const all: readonly unknown[] = Array.isArray(data) ? data : [data];
      for (const one of all) waiting.push(...encodeEvent(contract, one, meta));
    },
    async publishFrom(contract, query, options) {
      assertListed(contract);
      const said = await appendFromQuery(trx, contract, query, metaOf(options));
      publishedBySql ||= said > 0;
      return said;
    },
    async enqueue(job, input, options: EnqueueOptions) {
      const name = typeof job === 'string' ? job : job.name;
      const found = publisher.jobs.get(name);
      if (found === undefined) throw new Error(`${publisher.service} has no job ${name}`);
      const event = encodeJob(publisher.service, found, {
        input,
        cause: options.cause,
        scheduledAt: null,
        attempt: 1,
        now: publisher.clock.now(),
      });
      const isLater = options.delayMs !== undefined || options.runAt !== undefined;
      if (isLater) await delayJob(trx, event, options);
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
