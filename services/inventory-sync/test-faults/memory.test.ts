import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createDigitalOcean } from '@arcadia/digitalocean';
import { expect, test } from 'vitest';
import { inventoryOf } from '../src/clients/inventory.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const perPage = 200;

const dropletOf = (id: number) => ({
  id,
  name: `web-${id}.example.com`,
  status: 'active',
  size_slug: 's-1vcpu-1gb',
  memory: 1024,
  vcpus: 1,
  disk: 25,
  created_at: '2026-02-01T00:00:00Z',
  region: { slug: 'syd1', sizes: Array.from({ length: 60 }, (_, index) => `s-${index}vcpu-${id}gb`) },
  image: { id: 63_663_980, slug: 'ubuntu-24-04-x64' },
  tags: ['web', `shop-${id % 50}`],
  networks: { v4: [{ ip_address: `10.0.${(id >> 8) & 255}.${id & 255}`, type: 'public' }], v6: [] },
});

/** Pages that are made on request and not stored. */
async function servePages(pages: number) {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://account');
    const isGpuPass = url.searchParams.get('type') === 'gpus';
    const page = Number(url.searchParams.get('page') ?? 1);
    const droplets = isGpuPass
      ? []
      : Array.from({ length: perPage }, (_, index) => dropletOf((page - 1) * perPage + index + 1));
    const next = `http://${request.headers.host}/v2/droplets?page=${page + 1}&per_page=${perPage}`;
    const links = isGpuPass || page === pages ? {} : { pages: { next } };
    response.end(JSON.stringify({ droplets, links, meta: { total: isGpuPass ? 0 : pages * perPage } }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** The highest memory use during a listing with slow batches, in MiB. */
async function peakOf(pages: number): Promise<number> {
  await using served = await servePages(pages);
  const limitless = { take: async () => undefined, observe: () => undefined };
  const api = createDigitalOcean({ token: 't', write: false, baseUrl: served.url, budget: limitless });
  const inventory = inventoryOf(api, { spaces: null });
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  let peak = 0;
  let listed = 0;
  let batches = 0;
  const end = await inventory.listing('droplet')(async (items) => {
    listed += items.length;
    batches += 1;
    await delay(5);
    if (batches % 5 !== 0) return;
    collectGarbage();
    peak = Math.max(peak, process.memoryUsage().heapUsed - before);
  }, new AbortController().signal);
  expect(end).toMatchObject({ isComplete: true, count: pages * perPage });
  expect(listed).toBe(pages * perPage);
  return peak / 2 ** 20;
}

test('listing ten times the pages needs no more memory, apart from the ids', async () => {
  await peakOf(10);
  const few = await peakOf(50);
  const many = await peakOf(500);
  // 90,000 more ids, each a text in a set, compared with some 250 MiB of pages.
  expect(many - few).toBeLessThan(16);
  expect(many).toBeLessThan(64);
}, 120_000);
