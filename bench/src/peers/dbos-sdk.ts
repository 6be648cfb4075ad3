import { DBOS } from '@dbos-inc/dbos-sdk';
import pg from 'pg';
import { answerCalls } from '../answer-calls.ts';

/**
 * DBOS with its defaults: a workflow of steps, each of which inserts one row and is recorded by DBOS before the next begins. Its launch
 * recovers the workflows that a process of the same executor id left pending.
 */
let pool: pg.Pool;
let steps = 1;

const saga = DBOS.registerWorkflow(
  async (n: number) => {
    for (let step = 0; step < steps; step += 1) {
      const effect = n * steps + step;
      await DBOS.runStep(() => pool.query('INSERT INTO peer_effects VALUES ($1)', [effect]).then(() => step), {
        name: `step-${step}`,
      });
    }
  },
  { name: 'saga' },
);

answerCalls({
  async open({ url, effects }: { url: string; effects: number }) {
    steps = effects;
    pool = new pg.Pool({ connectionString: url, max: 10 });
    await pool.query('CREATE TABLE IF NOT EXISTS peer_effects (n int NOT NULL)');
    DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url, logLevel: 'error' });
    await DBOS.launch();
  },
  /** Runs sagas to their end; returns how long that took, in milliseconds. */
  async run({ from, count }: { from: number; count: number }) {
    const started = performance.now();
    for (const handle of await start(from, count)) await handle.getResult();
    return performance.now() - started;
  },
  async add({ from, count }: { from: number; count: number }) {
    await start(from, count);
  },
  async stop() {
    await DBOS.shutdown();
    await pool.end();
  },
});

/** Starts all sagas, each of which is kept before its start returns. DBOS runs them all at once. */
function start(from: number, count: number) {
  return Promise.all(Array.from({ length: count }, (_, index) => DBOS.startWorkflow(saga)(from + index)));
}
