import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { service } from '@arcadia/inventory-sync';
import { createLog, playedClock, startService, triggerJob } from '@arcadia/platform';
import { openPagesToRows } from './bare/pages-to-rows.ts';
import type { Bench, BenchStage } from './bench.ts';
import { openServiceDatabase } from './service-database.ts';

const droplets = Number(process.env['BENCH_DROPLETS'] ?? 10_000);
/** How often a slice does its work: once takes the bare side a third of a second, which one collection of garbage lengthens by a tenth. */
const timesASlice = 3;
const begin = Temporal.Instant.from('2026-04-01T00:00:00Z');

export const inventory: Bench = {
  name: 'inventory',
  unit: 'droplets/s',
  summary: `the first sync of ${droplets} droplets, with log, messages and attribution, against INSERT … unnest … ON CONFLICT of the same pages`,
  gate: { kind: 'at-least', gate: 0.45, aim: 0.6 },
  pairs: 7,
  async prepare(stage) {
    const pagesUrl = await servePages(stage, droplets);
    const { url, admin } = await openServiceDatabase(stage, 'inventory');
    // The relay has a benchmark of its own; holding its lock keeps it from running here.
    await admin.query(`SELECT pg_advisory_lock(hashtextextended('relay:inventory', 0))`);
    const env = {
      DATABASE_URL: url,
      NATS_URL: stage.natsUrl,
      DIGITALOCEAN_API_URL: pagesUrl,
      DIGITALOCEAN_TOKEN: 'bench',
    };
    const log = createLog({ name: 'inventory-sync', level: 'warn', destination: process.stderr });
    const clock = playedClock(begin);
    const running = await startService(service, { env, log, clock, scheduler: false });
    stage.defer(() => running.stop());
    const bare = await openPagesToRows(url);
    stage.defer(() => bare.close());

    let runs = 0;
    /** Waits until the service has ended a sweep; polls seldom, so that polling costs little. */
    const ended = async (sweeps: number): Promise<void> => {
      for (;;) {
        await delay(20);
        const found = await admin.query<{ status: string }>(
          `SELECT status FROM inventory.sweeps WHERE started_at = $1 AND status <> 'running'`,
          [begin.add({ minutes: 15 * sweeps }).toString()],
        );
        if (found.rows[0]?.status === 'complete') return;
        if (found.rows[0] !== undefined) throw new Error(`the sweep is ${found.rows[0].status}`);
      }
    };
    const sync = async (): Promise<number> => {
      runs += 1;
      const scheduledAt = begin.add({ minutes: 15 * runs });
      // The token's budget follows this clock, so each sync has a full budget.
      clock.set(scheduledAt);
      const started = performance.now();
      await triggerJob(running.bus, 'inventory-sync', 'sync-droplets', { scheduledAt, input: {} });
      await ended(runs);
      return performance.now() - started;
    };
    const again: number[] = [];
    const heap: number[] = [];
    const counts = async () => {
      const found = await admin.query<{ counts: string }>(
        `SELECT (SELECT count(*) FROM inventory.cloud_resource_events) || ' ' ||
           (SELECT count(*) FROM inventory.events WHERE type = 'resource.observed') AS counts`,
      );
      return found.rows[0]?.counts ?? '';
    };
    return {
      ours: () =>
        slice(async () => {
          await admin.query(
            'TRUNCATE inventory.cloud_resources, inventory.cloud_resource_events, inventory.hand_attributions, inventory.sweeps, inventory.listed_pages, inventory.events, inventory.outbox',
          );
          await admin.query('CHECKPOINT');
          const ms = await sync();
          const before = await counts();
          const againMs = await sync();
          if ((await counts()) !== before) throw new Error('a sync of unchanged droplets published events');
          again.push(againMs / ms);
          heap.push(process.memoryUsage().rss / 2 ** 20);
          return ms;
        }),
      bare: () =>
        slice(async () => {
          await bare.empty();
          await admin.query('CHECKPOINT');
          const started = performance.now();
          await bare.sync(pagesUrl);
          return performance.now() - started;
        }),
      async check() {
        const [ours, theirs] = [await bare.digest('cloud_resources'), await bare.digest('bare_resources')];
        if (ours !== theirs) throw new Error(`the rows differ: ${ours} and ${theirs}`);
      },
      async notes() {
        const sorted = again.toSorted((a, b) => a - b);
        return {
          'an unchanged sync, as a share of the first (at most 0.4)': sorted[Math.floor(sorted.length / 2)] ?? 0,
          'resident memory after the last run less after the first, MiB': (heap.at(-1) ?? 0) - (heap[0] ?? 0),
        };
      },
    };
  },
};

/** Does the work of a slice several times, each time from the same beginning. */
async function slice(once: () => Promise<number>): Promise<{ units: number; ms: number }> {
  let ms = 0;
  for (let time = 0; time < timesASlice; time += 1) ms += await once();
  return { units: timesASlice * droplets, ms };
}

async function servePages(stage: BenchStage, count: number): Promise<string> {
  const script = new URL('./bare/droplet-pages.mjs', import.meta.url).pathname;
  const server = spawn(process.execPath, [script, String(count)], { stdio: ['ignore', 'pipe', 'inherit'] });
  stage.defer(async () => server.kill());
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  return line.toString().trim();
}
