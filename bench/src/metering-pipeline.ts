import { type EventData, inventorySync, nameUuid, resourceId } from '@arcadia/contracts';
import { service } from '@arcadia/metering';
import {
  type Bus,
  connectBus,
  createLog,
  encodeEvent,
  messageHeaders,
  playedClock,
  publishInOrder,
  startService,
} from '@arcadia/platform';
import pg from 'pg';
import { openObservationInsert } from './bare/observation-insert.ts';
import { openPull } from './bare/unnest-and-pull.ts';
import type { Bench } from './bench.ts';
import { openServiceDatabase } from './service-database.ts';

const { resourceObserved } = inventorySync;
const count = Number(process.env['BENCH_OBSERVATIONS'] ?? 20_000);
const size = 1_000;

export const meteringPipeline: Bench = {
  name: 'metering-pipeline',
  unit: 'observations/s',
  summary:
    'resource.observed from the stream into the set of observations, against the slower of a bare insert (unnest) and a bare pull',
  gate: { kind: 'at-least', gate: 0.5, aim: 0.6 },
  pairs: 7,
  async prepare(stage) {
    const { url, admin } = await openServiceDatabase(stage, 'metering');
    const log = createLog({ name: 'metering', level: 'error', destination: process.stderr });
    const clock = playedClock(Temporal.Instant.from('2026-05-01T00:00:00Z'));
    const env = { DATABASE_URL: url, NATS_URL: stage.natsUrl };
    const start = () => startService(service, { env, log, clock, scheduler: false });
    await (await start()).stop(); // creates tables, stream and consumer before anything is published
    const bus = await connectBus({ servers: [stage.natsUrl] }, { name: 'bench', log });
    stage.defer(() => bus.close());
    const insert = await openObservationInsert(url);
    stage.defer(() => insert.close());
    const pull = await openPull(stage.natsUrl, 'INVENTORY', 'price.observed.>');
    stage.defer(() => pull.close());
    const kept = async () => Number((await admin.query('SELECT count(*) FROM metering.observations')).rows[0].count);
    const handled = positionOf(admin, { schema: 'metering', consumer: 'inventory' });
    const runs = { ours: 0, bare: 0 };
    return {
      async ours() {
        runs.ours += 1;
        const before = (await fill(bus, 'resource.observed', `ours-${runs.ours}`)) - 1;
        // Timed from the commit of the first batch, to exclude the start of the service, to the commit of the last.
        const running = await start();
        const first = await reached(handled, before + 1);
        const last = await reached(handled, before + count);
        await running.stop();
        return { units: last.seq - first.seq, ms: last.at - first.at };
      },
      async bare() {
        runs.bare += 1;
        const run = `bare-${runs.bare}`;
        const from = await fill(bus, 'price.observed', run);
        const pullMs = await pull.read({ from, count, size, run });
        const insertMs = await insert.insert({ count, size, run });
        return { units: count, ms: Math.max(pullMs, insertMs) };
      },
      async check() {
        const ours = await kept();
        const theirs = await insert.count();
        if (ours !== runs.ours * count || theirs !== runs.bare * count) {
          throw new Error(`after ${runs.ours} and ${runs.bare} runs of ${count} there are ${ours} and ${theirs} rows`);
        }
      },
    };
  },
};

/**
 * How to read a consumer's position, which is committed with its rows and is cheaper to read than a count of them: 0 before the first
 * commit, also while its table is missing.
 */
export function positionOf(admin: pg.Client, at: { schema: string; consumer: string }): () => Promise<number> {
  return async () => {
    try {
      const found = await admin.query(`SELECT seq FROM ${at.schema}.heard WHERE consumer = $1`, [at.consumer]);
      return Number(found.rows[0]?.seq ?? 0);
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === '42P01') return 0;
      throw error;
    }
  };
}

export async function reached(handled: () => Promise<number>, seq: number): Promise<{ seq: number; at: number }> {
  for (;;) {
    const now = await handled();
    if (now >= seq) return { seq: now, at: performance.now() };
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Fills the stream while no consumer runs; returns the sequence of the first message. */
export async function fill(bus: Bus, noun: string, run: string, of = count): Promise<number> {
  const before = (await bus.jsm.streams.info('INVENTORY')).state.last_seq;
  for (let from = 0; from < of; from += size) {
    const messages = Array.from({ length: size }, (_, index) => {
      const [event] = encodeEvent(resourceObserved, droplet(`${run}-${from + index}`), {
        occurredAt: Temporal.Now.instant(),
        headers: null,
      });
      if (event === undefined) throw new Error('the event was not encoded');
      const subject = event.subject.replace('resource.observed', noun);
      return { subject, payload: event.payload, headers: messageHeaders(event, 'inventory-sync') };
    });
    await publishInOrder(bus, 'INVENTORY', messages);
  }
  return before + 1;
}

const droplet = (name: string): EventData<typeof resourceObserved> => ({
  resource_id: resourceId('digitalocean', 'droplet', name),
  provider: 'digitalocean',
  kind: 'droplet',
  provider_id: name,
  name,
  revision: 1,
  effective_at: '2026-04-01T00:00:00Z',
  observed_at: '2026-04-01T00:00:00Z',
  is_present: true,
  status: 'active',
  region: 'syd1',
  created_at: '2026-04-01T00:00:00Z',
  attrs: { size_slug: 's-1vcpu-1gb', vcpus: 1, memory_mb: 1024, disk_gb: 25, image: 'ubuntu-24-04-x64', tags: ['web'] },
  owner: {
    tenant_id: 'acme.com',
    deployment_id: nameUuid('deployment', 'shop'),
    project_id: null,
    attributed_by: 'project',
  },
  cause: 'discovered',
});
