import { setTimeout as delay } from 'node:timers/promises';
import type { EventContract, ServiceName } from '@arcadia/contracts';
import type { Kysely, Transaction } from 'kysely';
import type { Clock } from './clock.ts';
import type { EnqueueOptions, Job, SayOptions, Tx } from './definition.ts';
import { delayJob, encodeJob } from './job-message.ts';
import { encodeEvent, type LoggedEvent } from './message.ts';
import { appendEvents, appendFromQuery } from './outbox.ts';
import { isRetryable } from './postgres.ts';

export type Speaker = {
  service: ServiceName;
  clock: Clock;
  /** The types it lists. */
  says: ReadonlySet<string>;
  jobs: ReadonlyMap<string, Job<never, never>>;
  /** Called after a commit that said something. */
  wake: () => void;
};

const attempts = 8;

/** One transaction with a voice. Serialization failures and deadlocks run `work` again, from its beginning. */
export async function transact<DB, T>(db: Kysely<DB>, speaker: Speaker, work: (tx: Tx<DB>) => Promise<T>): Promise<T> {
  let said = false;
  const result = await retryingConflicts(() =>
    db.transaction().execute(async (trx) => {
      const voice = giveVoice(trx, speaker);
      const value = await work(voice.tx);
      said = await voice.write();
      return value;
    }),
  );
  if (said) speaker.wake();
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

export type Voice<DB> = {
  tx: Tx<DB>;
  /** Write what was said; true if there was something. */
  write(): Promise<boolean>;
  /** How much was said so far, and forget what came after: for savepoints. */
  mark(): number;
  forgetAfter(mark: number): void;
};

/** Events wait in memory until the end of the transaction, so that their numbers come after every row lock it takes. */
export function giveVoice<DB>(trx: Transaction<DB>, speaker: Speaker): Voice<DB> {
  const waiting: LoggedEvent[] = [];
  let saidBySql = false;
  const metaOf = (options: SayOptions | undefined) => ({
    occurredAt: options?.occurredAt ?? speaker.clock.now(),
    headers: options?.causation === undefined ? null : { 'arcadia-causation': options.causation },
  });
  const mustSay = (contract: EventContract) => {
    if (!speaker.says.has(contract.type))
      throw new Error(`${speaker.service} does not list ${contract.type} among what it says`);
  };
  const tx: Tx<DB> = {
    sql: trx,
    async say(contract, data, options) {
      mustSay(contract);
      const meta = metaOf(options);
      const all: readonly unknown[] = Array.isArray(data) ? data : [data];
      for (const one of all) waiting.push(...encodeEvent(contract, one, meta));
    },
    async sayFrom(contract, query, options) {
      mustSay(contract);
      const said = await appendFromQuery(trx, contract, query, metaOf(options));
      saidBySql ||= said > 0;
      return said;
    },
    async enqueue(job, input, options: EnqueueOptions) {
      const name = typeof job === 'string' ? job : job.name;
      const found = speaker.jobs.get(name);
      if (found === undefined) throw new Error(`${speaker.service} has no job ${name}`);
      const event = encodeJob(speaker.service, found, {
        input,
        cause: options.cause,
        scheduledAt: null,
        attempt: 1,
        now: speaker.clock.now(),
      });
      const isLater = options.delayMs !== undefined || options.runAt !== undefined;
      if (isLater) await delayJob(trx, event, options);
      else waiting.push(event);
      saidBySql ||= isLater;
    },
  };
  return {
    tx,
    async write() {
      await appendEvents(trx, waiting);
      return waiting.length > 0 || saidBySql;
    },
    mark: () => waiting.length,
    forgetAfter(mark) {
      waiting.length = mark;
    },
  };
}
