import { Logger, makeWorkerUtils, type Runner, run, type WorkerUtils } from 'graphile-worker';
import pg from 'pg';
import { answerCalls } from '../answer-calls.ts';

/**
 * graphile-worker with its defaults, except for the number of jobs at once: jobs are added in one call and each inserts one row.
 * The lock of a worker that died ends after four hours (https://worker.graphile.org/docs/error-handling).
 */
let pool: pg.Pool;
let adding: WorkerUtils;
let runner: Runner | null = null;
const connection = { connectionString: '', logger: new Logger(() => () => undefined) };
const seen = { jobs: 0, awaited: 0, done: () => {} };

answerCalls({
  async open({ url, atOnce }: { url: string; atOnce: number }) {
    connection.connectionString = url;
    pool = new pg.Pool({ connectionString: url, max: 10 });
    await pool.query('CREATE TABLE IF NOT EXISTS peer_effects (n int NOT NULL)');
    adding = await makeWorkerUtils(connection);
    await adding.migrate();
    runner = await run({
      ...connection,
      concurrency: atOnce,
      noHandleSignals: true,
      taskList: {
        async effect(payload, { query }) {
          await query('INSERT INTO peer_effects VALUES ($1)', [(payload as { n: number }).n]);
          seen.jobs += 1;
          if (seen.jobs === seen.awaited) seen.done();
        },
      },
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
    await runner?.stop();
    await adding.release();
    await pool.end();
  },
});

async function add(from: number, count: number): Promise<void> {
  await adding.addJobs(
    Array.from({ length: count }, (_, index) => ({ identifier: 'effect', payload: { n: from + index } })),
  );
}
