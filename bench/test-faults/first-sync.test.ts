import { parseWorld, startSimulator } from '@arcadia/digitalocean-simulator';
import { service, syncJobs } from '@arcadia/inventory-sync';
import { startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import pg from 'pg';
import { expect, test } from 'vitest';

const perMinute = 250;
const limitMs = 40_000;
const created_at = '2026-01-01T00:00:00Z';
const counts = { droplet: 3_000, volume: 500, snapshot: 10_000, droplet_backup: 400 };
const many = <Item>(count: number, make: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

const account = {
  name: 'a large account',
  period: '2026-04',
  provider: {
    token: 'dop_v1_large',
    rate_limit: { per_hour: 5_000, per_minute: perMinute },
    droplets: many(counts.droplet, (index) => ({
      id: 100_000_000 + index,
      name: `web-${index}`,
      created_at,
      ...(index < counts.droplet_backup ? { backups: { plan: 'weekly' } } : {}),
    })),
    volumes: many(counts.volume, (index) => ({ name: `data-${index}`, size_gigabytes: 100, created_at })),
    snapshots: many(counts.snapshot, (index) => ({
      id: String(200_000_000 + index),
      name: `image-${index}`,
      droplet: `web-${index % counts.droplet}`,
      size_gigabytes: '2.5',
      created_at,
    })),
    backups: many(counts.droplet_backup, (index) => ({ droplet: `web-${index}`, size_gigabytes: '5', created_at })),
  },
};

test(`an account of 3,000 droplets, 500 volumes and 10,000 snapshots is listed in ${limitMs / 1000} s within ${perMinute} requests a minute, and its backups follow`, async () => {
  await using database = await throwawayDatabase({ service: 'inventory-sync' });
  await using nats = await throwawayNats();
  await using simulator = await startSimulator({
    world: parseWorld(JSON.stringify(account), 'large-account.json'),
    clock: () => Temporal.Now.instant(),
  });
  const env = { DIGITALOCEAN_API_URL: simulator.url, DIGITALOCEAN_TOKEN: account.provider.token };
  await using running = await startTestService(service, { database, nats, env });
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  const present = async (): Promise<Record<string, number>> => {
    const { rows } = await admin.query<{ kind: string; count: number }>(
      `SELECT kind, count(*)::int AS count FROM inventory.cloud_resources WHERE deleted_at IS NULL GROUP BY kind`,
    );
    return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
  };
  try {
    const began = performance.now();
    const now = Temporal.Now.instant().round('second').toString();
    // It goes on when the wait for its end is over.
    void running.runJob('sync-droplet-backups', now).catch(() => undefined);
    const others = syncJobs.map(({ job }) => job).filter((job) => job !== 'sync-droplet-backups');
    await Promise.all(others.map((job) => running.runJob(job, now)));
    const tookMs = performance.now() - began;
    const { droplet, volume, snapshot } = await present();
    expect({ droplet, volume, snapshot }).toEqual({ droplet: 3_000, volume: 500, snapshot: 10_000 });
    const backups = async () => (await present())['droplet_backup'];
    await expect.poll(backups, { timeout: 240_000, interval: 500 }).toBe(counts.droplet_backup);
    const backupsMs = performance.now() - began;
    const times = simulator.requests.map(({ at }) => at.epochMilliseconds);
    const busiest = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length));
    console.log(
      `${times.length} requests, at most ${busiest} in a minute; everything but backups after ${Math.round(tookMs / 1000)} s, backups after ${Math.round(backupsMs / 1000)} s`,
    );
    expect(simulator.requests.filter(({ status }) => status === 429)).toEqual([]);
    expect(busiest).toBeLessThanOrEqual(perMinute);
    expect(tookMs).toBeLessThan(limitMs);
  } finally {
    await admin.end();
  }
});
