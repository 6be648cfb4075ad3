import { defineEvent } from '@arcadia/contracts';
import { createLog, forService, startService } from '@arcadia/platform';
import { sql } from 'kysely';
import { z } from 'zod';
import { openAtomicBatches } from './bare/atomic-batches.ts';
import type { Bench } from './bench.ts';
import { createServiceDatabase } from './service-database.ts';

/** An event of about 300 bytes, like most events of the system. */
export const published = defineEvent({
  type: 'usage.reported',
  version: 1,
  stream: 'METERING',
  summary: 'The event that the benchmark publishes.',
  data: z.object({ n: z.int(), filling: z.string() }),
  subject: (d) => `usage.reported.${d.n % 100}`,
  key: (d) => String(d.n),
});

export const publisher = forService<unknown, null>().defineService({
  name: 'metering',
  schema: 'metering',
  config: () => null,
  migrations: {},
  publishes: [published],
  consumes: [],
  answers: [],
  jobs: [],
});

const filling = 'x'.repeat(270);
const count = 20_000;
const batch = 1_000;

export const relay: Bench = {
  name: 'relay',
  unit: 'events/s',
  summary: 'from a committed outbox onto the stream, against raw atomic batches of the same size',
  gate: { kind: 'at-least', gate: 0.6, aim: 0.7 },
  pairs: 7,
  async prepare(stage) {
    const url = await createServiceDatabase(stage, 'metering');
    const log = createLog({ name: 'metering', level: 'error', destination: process.stderr });
    const service = await startService(publisher, {
      env: { DATABASE_URL: url, NATS_URL: stage.natsUrl },
      log,
      scheduler: false,
    });
    stage.defer(() => service.stop());
    const bare = await openAtomicBatches(stage.natsUrl);
    stage.defer(() => bare.close());
    let runs = 0;
    return {
      async ours() {
        const first = runs * count;
        runs += 1;
        const last = (await acknowledged(service)) + count;
        await publishFrom(service, { first, count });
        const started = performance.now();
        while ((await acknowledged(service)) < last) await new Promise((resolve) => setTimeout(resolve, 10));
        return { units: count, ms: performance.now() - started };
      },
      async bare() {
        runs += 1;
        const payload = JSON.stringify({ n: 12_345, filling });
        return { units: count, ms: await bare.publish({ count, size: batch, payload, run: String(runs) }) };
      },
      async check() {
        const { state } = await service.bus.jsm.streams.info('METERING');
        const stored = await bare.stored();
        if (state.messages !== stored) throw new Error(`our side stored ${state.messages}, the bare side ${stored}`);
      },
    };
  },
};

type Publisher = Awaited<ReturnType<typeof startService<unknown, null>>>;

/** Commits `count` events to the outbox, numbered after `first`. */
export async function publishFrom(service: Publisher, { first, count }: { first: number; count: number }) {
  await service.context.transact((tx) =>
    tx.publishFrom(
      published,
      sql`SELECT n::text AS key, 'usage.reported.' || n % 100 AS subject,
        json_build_object('n', n, 'filling', ${filling}::text) AS data
        FROM generate_series(${first + 1}::int, ${first + count}::int) AS n`,
    ),
  );
}

/** How many messages the stream has acknowledged, which is noted as their pointers are deleted, and is cheaper to read than the outbox is. */
async function acknowledged(service: Publisher): Promise<number> {
  const found = await sql<{ seq: string }>`SELECT seq FROM acknowledged WHERE stream = 'METERING'`.execute(
    service.context.db,
  );
  return Number(found.rows[0]?.seq ?? 0);
}

/** Whether the outbox holds events that are not acknowledged. */
export async function isWaiting(service: Publisher): Promise<boolean> {
  const found = await sql<{
    any: boolean;
  }>`SELECT (SELECT number FROM outbox ORDER BY number LIMIT 1) IS NOT NULL AS any`.execute(service.context.db);
  return found.rows[0]?.any === true;
}
