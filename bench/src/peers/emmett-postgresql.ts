import type { Event } from '@event-driven-io/emmett';
import {
  getPostgreSQLEventStore,
  type PostgresEventStore,
  postgreSQLEventStoreConsumer,
  postgreSQLProjection,
} from '@event-driven-io/emmett-postgresql';
import pg from 'pg';
import { answerCalls } from '../answer-calls.ts';

/**
 * Emmett on Postgres with its defaults (batches of 100, read every 50 ms): events are appended to streams and an asynchronous
 * projector, which keeps its position in the transaction of its rows, writes them as one row each.
 */
type Changed = Event<'Changed', { id: string; n: number; note: string }>;

let pool: pg.Pool;
let store: PostgresEventStore;
const seen = { rows: 0, awaited: 0, done: () => {} };

const projection = postgreSQLProjection<Changed>({
  name: 'rows',
  canHandle: ['Changed'],
  async handle(events, { connection }) {
    const client = connection.client as pg.Client;
    await client.query(
      `INSERT INTO peer_rows (id, n, note) SELECT * FROM unnest($1::text[], $2::int[], $3::text[])
       ON CONFLICT (id) DO UPDATE SET n = excluded.n, note = excluded.note`,
      [events.map(({ data }) => data.id), events.map(({ data }) => data.n), events.map(({ data }) => data.note)],
    );
    seen.rows += events.length;
  },
});

answerCalls({
  async open({ url }: { url: string }) {
    pool = new pg.Pool({ connectionString: url, max: 4 });
    await pool.query('CREATE TABLE peer_rows (id text PRIMARY KEY, n int NOT NULL, note text, place bigserial)');
    store = getPostgreSQLEventStore(url);
    await store.schema.migrate();
    const consumer = postgreSQLEventStoreConsumer({ connectionString: url });
    consumer.projector({ processorId: 'rows', projection } as never);
    void consumer.start();
  },
  /** Appends events, `size` in a transaction, and waits until each is a row; returns how long that took, in milliseconds. */
  async run({ run, count, size, note }: { run: number; count: number; size: number; note: string }) {
    seen.rows = 0;
    const started = performance.now();
    for (let from = 0; from < count; from += size) {
      const events = Array.from({ length: size }, (_, index): Changed => {
        const n = from + index;
        return { type: 'Changed', data: { id: `${run}-${n}`, n, note } };
      });
      await store.appendToStream(`run-${run}-${from}`, events);
    }
    while (seen.rows < count || (await rowsOf(run)) < count) await new Promise((resolve) => setTimeout(resolve, 5));
    return performance.now() - started;
  },
});

async function rowsOf(run: number): Promise<number> {
  const { rows } = await pool.query<{ count: number }>('SELECT count(*)::int FROM peer_rows WHERE id LIKE $1', [
    `${run}-%`,
  ]);
  return rows[0]?.count ?? 0;
}
