import { createLog, forService, type RunningService, startService } from '@arcadia/platform';
import { sql } from 'kysely';
import { z } from 'zod';
import { answerCalls } from '../answer-calls.ts';

type Config = { atOnce: number; effects: number };

const seen = { jobs: 0, awaited: 0, done: () => {} };
const makers = forService<unknown, null>();

/** A service with one job, which inserts one row; for a saga of several steps it enqueues the next turn in the same transaction. */
const working = ({ atOnce, effects }: Config) =>
  makers.defineService({
    name: 'metering',
    schema: 'metering',
    config: () => null,
    migrations: {
      '0001-effects': {
        async up(db) {
          await sql`CREATE TABLE effects (n int NOT NULL)`.execute(db);
        },
      },
    },
    publishes: [],
    consumes: [],
    answers: [],
    jobs: [
      makers.job({
        name: 'effect',
        input: z.object({ n: z.int() }),
        key: ({ n }) => String(n),
        concurrency: atOnce,
        async run({ input }, ctx) {
          if ((input.n + 1) % effects === 0) await sql`INSERT INTO effects VALUES (${input.n})`.execute(ctx.db);
          else
            await ctx.transact(async (tx) => {
              await sql`INSERT INTO effects VALUES (${input.n})`.execute(tx.sql);
              await tx.enqueue('effect', { n: input.n + 1 }, { cause: 'bench' });
            });
          seen.jobs += 1;
          if (seen.jobs === seen.awaited) seen.done();
        },
      }),
    ],
  });

let running: RunningService<unknown, null>;
let each = 1;

async function add(from: number, count: number): Promise<void> {
  await running.context.transact(async (tx) => {
    for (let n = from; n < from + count; n += 1) await tx.enqueue('effect', { n: n * each }, { cause: 'bench' });
  });
}

answerCalls({
  async open({ url, natsUrl, atOnce, effects }: { url: string; natsUrl: string } & Config) {
    each = effects;
    running = await startService(working({ atOnce, effects }), {
      env: { ...process.env, DATABASE_URL: url, NATS_URL: natsUrl },
      log: createLog({ name: 'metering', level: 'error', destination: process.stderr }),
      scheduler: false,
    });
  },
  /** Adds jobs and waits until each has had its effect; returns how long that took, in milliseconds. */
  async run({ from, count }: { from: number; count: number }) {
    const done = Promise.withResolvers<void>();
    Object.assign(seen, { jobs: 0, awaited: count * each, done: done.resolve });
    const started = performance.now();
    await add(from, count);
    await done.promise;
    return performance.now() - started;
  },
  async add({ from, count }: { from: number; count: number }) {
    await add(from, count);
  },
  async stop() {
    await running.stop();
  },
});
