import { expect, test } from 'vitest';
import { startSimulator } from './simulator.ts';
import { parseWorld } from './world.ts';

const april = { start: '2026-04-01T00:00:00Z', end: '2026-05-01T00:00:00Z' };

type Line = { product: string; description: string; amount: string; duration?: string };

/** The invoice that the provider issues for April of a world with these objects, and the amount in its header. */
const billed = async (provider: object, invoice: object = {}): Promise<{ lines: string[]; amount: string }> => {
  const invoices = [{ period: '2026-04', bills_usage: true, ...invoice }];
  const world = parseWorld(JSON.stringify({ period: '2026-04', provider: { ...provider, invoices } }), 'test.json');
  await using simulator = await startSimulator({ world, clock: () => Temporal.Instant.from('2026-05-02T00:00:00Z') });
  const get = async (path: string): Promise<unknown> =>
    (
      await fetch(`${simulator.url}/v2/customers/my/invoices${path}`, { headers: { authorization: 'Bearer any' } })
    ).json();
  const { invoices: headers } = (await get('')) as { invoices: { invoice_uuid: string; amount: string }[] };
  const { invoice_items: items } = (await get(`/${headers[0]?.invoice_uuid}`)) as { invoice_items: Line[] };
  return {
    lines: items.map(({ description, amount, duration }) => `${description}: ${amount}, ${duration} h`),
    amount: headers[0]?.amount ?? '',
  };
};

test('a month is billed as 672 hours at most, and a resized droplet in one line for each size', async () => {
  const { lines, amount } = await billed({
    droplets: [
      { name: 'all-month', created_at: '2026-03-01T00:00:00Z' },
      {
        name: 'resized',
        created_at: '2026-03-01T00:00:00Z',
        changes: [{ at: '2026-04-16T00:00:00Z', resize: 's-1vcpu-2gb' }],
      },
      { name: 'ten-hours', created_at: '2026-04-10T00:00:00Z', destroyed_at: '2026-04-10T09:30:00Z' },
      { name: 'off', power: 'off', created_at: '2026-04-30T00:00:00Z' },
      { name: 'later', created_at: april.end },
      { name: 'earlier', created_at: '2026-03-01T00:00:00Z', destroyed_at: april.start },
    ],
  });
  expect(lines).toEqual([
    'all-month (s-1vcpu-1gb): 6.00, 720 h',
    'resized (s-1vcpu-1gb): 3.21, 360 h',
    'resized (s-1vcpu-2gb): 6.43, 360 h',
    'ten-hours (s-1vcpu-1gb): 0.09, 10 h',
    'off (s-1vcpu-1gb): 0.21, 24 h',
    'GST (10%): 1.59, undefined h',
  ]);
  expect(amount).toBe('17.53');
});

test('backups, storage, load balancers and free addresses are billed at list prices, assigned addresses are not', async () => {
  const created_at = '2026-03-01T00:00:00Z';
  const { lines } = await billed({
    droplets: [{ name: 'web', size: 's-2vcpu-4gb', backups: { plan: 'daily' }, created_at }],
    volumes: [
      { name: 'data', size_gigabytes: 100, created_at, changes: [{ at: '2026-04-16T00:00:00Z', resize: 200 }] },
    ],
    snapshots: [{ name: 'base', droplet: 'web', size_gigabytes: '8.20', created_at }],
    load_balancers: [{ name: 'front', nodes: 2, created_at }],
    reserved_ips: [
      { ip: '203.0.113.1', created_at },
      { ip: '203.0.113.2', droplet: 'web', created_at, changes: [{ at: '2026-04-21T00:00:00Z', droplet: null }] },
    ],
    buckets: [{ name: 'assets', created_at }],
  });
  expect(lines.slice(0, -1)).toEqual([
    'web (s-2vcpu-4gb): 24.00, 720 h',
    'web (Daily Backup Services): 7.20, 720 h',
    'data (100GB): 5.36, 360 h',
    'data (200GB): 10.71, 360 h',
    'base (syd1) 8.20GB Droplet Snapshot: 0.49, 720 h',
    'front (2 nodes): 24.00, 720 h',
    'Unused Floating IP - 203.0.113.1: 5.00, 720 h',
    'Unused Floating IP - 203.0.113.2: 1.79, 240 h',
    'Spaces ($5/mo 250GB storage & 1TB bandwidth): 5.00, 720 h',
  ]);
});

test('a renamed or tagged droplet keeps one line, under its newest name', async () => {
  const { lines } = await billed({
    droplets: [
      {
        name: 'old',
        created_at: '2026-03-01T00:00:00Z',
        changes: [
          { at: '2026-04-03T00:00:00Z', tags: ['web'] },
          { at: '2026-04-05T00:00:00Z', rename: 'new' },
        ],
      },
    ],
  });
  expect(lines[0]).toBe('new (s-1vcpu-1gb): 6.00, 720 h');
  expect(lines).toHaveLength(2);
});

test('given items are charged beside the usage, and a header may differ from its lines', async () => {
  const { lines, amount } = await billed(
    { droplets: [{ name: 'web', created_at: '2026-03-01T00:00:00Z' }] },
    { items: [{ product: 'Bandwidth', description: 'Transfer', amount: '4.00' }], header_difference: '3.20' },
  );
  expect(lines).toEqual([
    'web (s-1vcpu-1gb): 6.00, 720 h',
    'Transfer: 4.00, undefined h',
    'GST (10%): 1.00, undefined h',
  ]);
  expect(amount).toBe('14.20');
});
