import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { answerCalls } from '../answer-calls.ts';

/**
 * pg-boss with the options that its documentation gives for throughput: with its defaults, a worker fetches one job every two
 * seconds. The handler inserts one row for each job. A job of a worker that died is tried again after 15 minutes (`expireInSeconds`).
 */
let pool: pg.Pool;
let boss: PgBoss;
const seen = { jobs: 0, awaited: 0, done: () => {} };

answerCalls({
  async open({ url, atOnce }: { url: string; atOnce: number }) {
    pool = new pg.Pool({ connectionString: url, max: 10 });
    await pool.query('CREATE TABLE IF NOT EXISTS peer_effects (n int NOT NULL)');
    boss = new PgBoss({ connectionString: url, max: 10, useListenNotify: true });
    boss.on('error', (error: unknown) => process.stderr.write(`${String(error)}\n`));
    await boss.start();
    await boss.createQueue('effect', { notify: true });
    const options = { localConcurrency: atOnce, batchSize: 25, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 };
    await boss.work<{ n: number }>('effect', options, async (jobs) => {
      for (const { data } of jobs) {
        await pool.query('INSERT INTO peer_effects VALUES ($1)', [data.n]);
        seen.jobs += 1;
        if (seen.jobs === seen.awaited) seen.done();
      }
    });
  },
  /** Adds jobs and waits until each has had its effect; returns how long that took, in milliseconds. */
  async run({ from, count }: { from: number; count: number }) {
    const done = Promise.withResolvers<void>();
    Object.assign(seen, { jobs: 0, awaited: count, done: done.resolve });
    const started = performance.now();
    await add(from, count);
    await done.promise;
    return performance.now() - started;
  },
  async add({ from, count }: { from: number; count: number }) {
    await add(from, count);
  },
  async stop() {
    await boss.stop();
    await pool.end();
  },
});

async function add(from: number, count: number): Promise<void> {
  await boss.insert(
    'effect',
    Array.from({ length: count }, (_, index) => ({ data: { n: from + index } })),
  );
}
