import { service as billing } from '@arcadia/billing-ingest';
import { parseWorld, startSimulator } from '@arcadia/digitalocean-simulator';
import { service as inventory } from '@arcadia/inventory-sync';
import { startTestService, throwawayDatabase, throwawayNats } from '@arcadia/testkit';
import pg from 'pg';
import { expect, test } from 'vitest';

const droplets = 3_000;
const invoices = 137;
/** Lines of the three longest invoices and of each of the others: 29,100 in all. */
const linesOf = (index: number): number => (index >= invoices - 3 ? 3_000 : 150);
const perMinute = 250;
const limitMs = 90_000;

const idOf = (number: number): number => 100_000_000 + number;
const periodOf = (index: number): string =>
  Temporal.PlainYearMonth.from('2014-11').add({ months: index }).toString().slice(0, 7);

/** An account of many droplets; all of its invoices are read for the first time, within the provider's limits. */
const account = {
  name: 'a large account',
  period: '2026-04',
  provider: {
    token: 'dop_v1_large',
    rate_limit: { per_hour: 5_000, per_minute: perMinute },
    droplets: Array.from({ length: droplets }, (_, number) => ({
      id: idOf(number),
      name: `web-${number}`,
      created_at: '2026-01-01T00:00:00Z',
    })),
    invoices: Array.from({ length: invoices }, (_, index) => ({
      period: periodOf(index),
      items: Array.from({ length: linesOf(index) }, (_line, number) => ({
        product: 'Droplets',
        description: `web-${number} (s-1vcpu-1gb)`,
        amount: '6.00',
        duration: '672',
        resource: String(idOf(number)),
      })),
    })),
  },
};

test(`${invoices} invoices of 29,100 lines are ingested in ${limitMs / 1000} s within ${perMinute} requests a minute, with a sync of ${droplets} droplets beside them`, async () => {
  await using database = await throwawayDatabase({ services: ['inventory-sync', 'billing-ingest'] });
  await using nats = await throwawayNats();
  await using simulator = await startSimulator({
    world: parseWorld(JSON.stringify(account), 'large-account.json'),
    clock: () => Temporal.Now.instant(),
  });
  const env = { DIGITALOCEAN_API_URL: simulator.url, DIGITALOCEAN_TOKEN: account.provider.token };
  const [inventoryUrl, billingUrl] = ['inventory-sync', 'billing-ingest'].map((name) => ({
    url: database.urlOf(name),
  }));
  if (inventoryUrl === undefined || billingUrl === undefined) throw new Error('a service has no database');
  await using syncing = await startTestService(inventory, { database: inventoryUrl, nats, env });
  await using reading = await startTestService(billing, { database: billingUrl, nats, env });
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  try {
    const now = Temporal.Now.instant().round('second').toString();
    const began = performance.now();
    const synced = syncing.runJob('sync-droplets', now).then(() => performance.now() - began);
    await reading.runJob('discover-invoices', now);
    const reconciled = async (): Promise<number> => {
      const found = await admin.query<{ count: number }>(
        `SELECT count(*)::int AS count FROM billing.cloud_invoices WHERE status = 'reconciled'`,
      );
      return found.rows[0]?.count ?? 0;
    };
    await expect.poll(reconciled, { timeout: 4 * limitMs, interval: 200 }).toBe(invoices);
    const tookMs = performance.now() - began;
    const syncMs = await synced;
    const counts = await admin.query(`SELECT
      (SELECT sum(lines)::int FROM billing.cloud_invoices) AS lines,
      (SELECT count(*)::int FROM inventory.cloud_resources WHERE kind = 'droplet') AS droplets`);
    expect(counts.rows[0]).toEqual({ lines: 29_100, droplets });
    const times = simulator.requests.map(({ at }) => at.epochMilliseconds);
    const busiest = Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + 60_000).length));
    console.log(
      `${times.length} requests, at most ${busiest} in a minute; droplets after ${Math.round(syncMs / 1000)} s, invoices after ${Math.round(tookMs / 1000)} s`,
    );
    expect(simulator.requests.filter(({ status }) => status === 429)).toEqual([]);
    expect(busiest).toBeLessThanOrEqual(perMinute);
    expect(tookMs).toBeLessThan(limitMs);
  } finally {
    await admin.end();
  }
});
