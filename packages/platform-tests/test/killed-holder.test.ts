import { connectBus, createLog, triggerJob } from '@arcadia/platform';
import { publishEvent, readRows, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { depotBatch } from './depot-service.ts';
import { orderPlaced } from './echo-service.ts';
import { forkService } from './service-process.ts';

/** The longest that what a killed process held may wait for another one, in milliseconds: one lease, and two seconds for a crowded machine. */
const goesOnWithinMs = 10_000;
/** Longer than every lease and wait for an acknowledgement. */
const longerThanALeaseMs = 10_000;

async function openDepot() {
  const nats = await throwawayNats();
  const database = await throwawayDatabase({ service: 'invoicing' });
  const bus = await connectBus(
    { servers: [nats.url] },
    { name: 'test', log: createLog({ name: 't', level: 'silent' }) },
  );
  const env = { NATS_URL: nats.url, DATABASE_URL: database.url };
  const rows = <Row extends Record<string, unknown>>(query: string) => readRows<Row>({ url: database.adminUrl }, query);
  return {
    ...{ nats, bus, env },
    parcels: () => rows<{ name: string; process: number }>('SELECT name, process FROM invoicing.parcels'),
    runs: () =>
      rows<{ state: string; attempt: number; held: number }>(
        `SELECT state, attempt, extract(epoch FROM lease_until - created_at)::float AS held FROM invoicing.job_runs`,
      ),
    async [Symbol.asyncDispose]() {
      await bus.close();
      await database[Symbol.asyncDispose]();
      await nats[Symbol.asyncDispose]();
    },
  };
}

test('the queue of a killed worker goes on in another process within seconds, and no job is lost or runs twice at once', async () => {
  await using depot = await openDepot();
  const doomed = forkService('depot', { ...depot.env, HOLDS: 'yes' });
  await doomed.ready;
  const parcels = ['a', 'b', 'c', 'd', 'e', 'f'];
  const scheduledAt = Temporal.Instant.from('2026-04-01T00:00:00Z');
  for (const parcel of parcels) await triggerJob(depot.bus, 'invoicing', 'pack', { scheduledAt, input: { parcel } });
  await expect.poll(depot.parcels).toHaveLength(2);
  const survivor = forkService('depot', depot.env);
  await survivor.ready;
  try {
    // As long as the first process lives, it keeps what it has claimed, and with it all places of the queue.
    await expect
      .poll(async () => (await depot.runs()).every(({ held }) => held > longerThanALeaseMs / 1_000), {
        timeout: 20_000,
      })
      .toBe(true);
    expect(await depot.parcels()).toHaveLength(2);

    doomed.kill();
    await doomed.ended;
    const killed = performance.now();
    await expect.poll(async () => (await depot.parcels()).length, { timeout: 40_000 }).toBe(8);
    expect(performance.now() - killed).toBeLessThan(goesOnWithinMs);
    // Each was done by the second process, and only the two that were held had been begun before.
    const begun = Map.groupBy(await depot.parcels(), ({ process }) => process);
    expect(
      [...begun.values()]
        .map((rows) => rows.map(({ name }) => name).toSorted())
        .toSorted((a, b) => a.length - b.length),
    ).toEqual([expect.any(Array), parcels]);
    await expect
      .poll(async () => (await depot.runs()).map(({ state, attempt }) => `${state} ${attempt}`))
      .toEqual(parcels.map(() => 'done 1'));
  } finally {
    survivor.kill();
    await survivor.ended;
  }
});

test('a consumer that handles nothing leaves most messages to other processes, and what it held passes to them when it is killed', async () => {
  await using depot = await openDepot();
  const doomed = forkService('depot', { ...depot.env, HOLDS: 'yes' });
  await doomed.ready;
  const order = (index: number) => ({ order: `o${index}`, revision: 1, amount: 1, lines: [] });
  const count = depotBatch * 20;
  const publish = (from: number, to: number) =>
    publishEvent(
      depot.nats,
      orderPlaced,
      Array.from({ length: to - from }, (_, index) => order(from + index)),
    );
  await publish(0, count);
  const held = async () => {
    const info = await depot.bus.jsm.consumers.info('METERING', 'invoicing_orders');
    return info.num_ack_pending;
  };
  await expect.poll(held).toBeGreaterThanOrEqual(depotBatch);
  const survivor = forkService('depot', depot.env);
  await survivor.ready;
  try {
    await expect.poll(async () => (await depot.parcels()).length).toBeGreaterThanOrEqual(count / 2);
    const left = await held();
    expect(left).toBeGreaterThanOrEqual(depotBatch);

    doomed.kill();
    await doomed.ended;
    const killed = performance.now();
    await expect.poll(held, { timeout: 40_000 }).toBe(0);
    expect(performance.now() - killed).toBeLessThan(goesOnWithinMs);
    // The transaction of the killed process never committed.
    expect((await depot.parcels()).map(({ name }) => name).toSorted()).toEqual(
      Array.from({ length: count }, (_, index) => `o${index}`).toSorted(),
    );
  } finally {
    survivor.kill();
    await survivor.ended;
  }
});
