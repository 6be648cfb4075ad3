import { defineEvent } from '@arcadia/contracts';
import {
  type Bus,
  connectBus,
  createLog,
  encodeEvent,
  forService,
  messageHeaders,
  publishInOrder,
  startService,
  type Tx,
} from '@arcadia/platform';
import { sql } from 'kysely';
import { z } from 'zod';
import { openPull, openUnnest } from './bare/unnest-and-pull.ts';
import type { Bench } from './bench.ts';
import { createServiceDatabase } from './service-database.ts';

const observed = defineEvent({
  type: 'resource.observed',
  version: 1,
  stream: 'INVENTORY',
  summary: 'The event that the benchmark consumes.',
  data: z.object({ id: z.string(), revision: z.int(), amount: z.int(), note: z.string() }),
  subject: (d) => `resource.observed.bench.${d.id}`,
  key: (d) => `${d.id}:${d.revision}`,
});

/** When the first batch began and the last one ended. */
const seen = { rows: 0, firstAt: 0 };

const makers = forService<unknown, null>();
const consuming = makers.defineService({
  name: 'metering',
  schema: 'metering',
  config: () => null,
  migrations: {
    '0001-rows': {
      async up(db) {
        await sql`CREATE TABLE rows (id text PRIMARY KEY, revision int NOT NULL, amount int NOT NULL, note text)`.execute(
          db,
        );
      },
    },
  },
  publishes: [],
  consumes: [
    makers.consumer({
      name: 'bench',
      consumes: [observed],
      batch: 1_000,
      async handle(batch, tx: Tx<unknown>) {
        if (seen.rows === 0) seen.firstAt = performance.now();
        const data = batch.map((event) => event.data);
        await sql`
          INSERT INTO rows AS r SELECT * FROM unnest(${data.map((d) => d.id)}::text[], ${data.map((d) => d.revision)}::int[],
            ${data.map((d) => d.amount)}::int[], ${data.map((d) => d.note)}::text[])
          ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, amount = excluded.amount, note = excluded.note
          WHERE excluded.revision > r.revision`.execute(tx.sql);
        seen.rows += batch.length;
      },
    }),
  ],
  answers: [],
  jobs: [],
});

const note = 'x'.repeat(200);
const count = 20_000;
const size = 1_000;

export const consumer: Bench = {
  name: 'consumer',
  unit: 'rows/s',
  summary: 'from the stream into projected rows, against the slower of a bare insert (unnest) and a bare pull',
  gate: { kind: 'at-least', gate: 0.5, aim: 0.6 },
  pairs: 7,
  async prepare(stage) {
    const url = await createServiceDatabase(stage, 'metering');
    const env = { DATABASE_URL: url, NATS_URL: stage.natsUrl };
    const log = createLog({ name: 'metering', level: 'error', destination: process.stderr });
    const start = () => startService(consuming, { env, log, scheduler: false });
    await (await start()).stop(); // creates tables, stream and consumer before anything is published
    const bus = await connectBus({ servers: [stage.natsUrl] }, { name: 'bench', log });
    stage.defer(() => bus.close());
    const unnest = await openUnnest(url);
    stage.defer(() => unnest.close());
    const pull = await openPull(stage.natsUrl, 'INVENTORY', 'price.observed.>');
    stage.defer(() => pull.close());
    const runs = { ours: 0, bare: 0 };
    const slower = { pull: 0, unnest: 0 };
    return {
      async ours() {
        runs.ours += 1;
        await fill(bus, 'resource.observed', `ours-${runs.ours}`);
        seen.rows = 0;
        const running = await start();
        while (seen.rows < count || !(await running.quiet())) await new Promise((resolve) => setTimeout(resolve, 2));
        const ms = performance.now() - seen.firstAt;
        await running.stop();
        return { units: count, ms };
      },
      async bare() {
        runs.bare += 1;
        const run = `bare-${runs.bare}`;
        const from = await fill(bus, 'price.observed', run);
        const pullMs = await pull.read({ from, count, size, run });
        const unnestMs = await unnest.insert({ count, size, note, run });
        slower[pullMs > unnestMs ? 'pull' : 'unnest'] += 1;
        return { units: count, ms: Math.max(pullMs, unnestMs) };
      },
      async check() {
        const rows = await unnest.count();
        if (rows.ours !== runs.ours * count || rows.bare !== runs.bare * count) {
          throw new Error(
            `after ${runs.ours} and ${runs.bare} runs of ${count} there are ${rows.ours} and ${rows.bare} rows`,
          );
        }
      },
      notes: async () => ({ pull_was_the_limit: slower.pull, unnest_was_the_limit: slower.unnest }),
    };
  },
};

/** Fills the stream while no consumer runs; returns the sequence of the first message. */
async function fill(bus: Bus, noun: string, run: string): Promise<number> {
  const before = (await bus.jsm.streams.info('INVENTORY')).state.last_seq;
  for (let from = 0; from < count; from += size) {
    const messages = Array.from({ length: size }, (_, index) => {
      const data = { id: `${run}-${from + index}`, revision: 1, amount: index, note };
      const [event] = encodeEvent(observed, data, { occurredAt: Temporal.Now.instant(), headers: null });
      if (event === undefined) throw new Error('the event was not encoded');
      const subject = event.subject.replace('resource.observed', noun);
      return { subject, payload: event.payload, headers: messageHeaders(event, 'inventory-sync') };
    });
    await publishInOrder(bus, 'INVENTORY', messages);
  }
  return before + 1;
}
