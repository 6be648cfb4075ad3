import { parseWorld, startSimulator } from '@arcadia/digitalocean-simulator';
import { describe, expect, it } from 'vitest';
import { createDigitalOcean, type DigitalOceanOptions } from './digitalocean.ts';
import { ProviderError, WriteRefusedError } from './errors.ts';
import type { AttemptLog } from './transport.ts';

const at = Temporal.Instant.from('2026-04-02T00:00:00Z');
const domains = (count: number): object[] =>
  Array.from({ length: count }, (_, index) => ({ name: `zone-${index}.example` }));

/** A client on a simulator that serves this world, with short retry pauses. */
async function connected(provider: object, options: Partial<DigitalOceanOptions> = {}) {
  const world = parseWorld(JSON.stringify({ period: '2026-04', provider }), 'test world');
  const simulator = await startSimulator({ world, clock: () => at });
  const log: AttemptLog[] = [];
  const client = createDigitalOcean({
    token: 'secret-token',
    baseUrl: simulator.url,
    write: true,
    backoffMs: 1,
    now: () => at,
    log: (entry) => log.push(entry),
    ...options,
  });
  return { client, simulator, log, [Symbol.asyncDispose]: () => simulator.stop() };
}

const failureOf = async (promise: Promise<unknown>): Promise<ProviderError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ProviderError);
  return error as ProviderError;
};

describe('a listing', () => {
  it('of several pages holds every item once and is complete', async () => {
    await using test = await connected({ domains: domains(7) });
    const listing = await test.client.domains.list({ perPage: 3 });
    expect(listing).toMatchObject({ distinctCount: 7, metaTotal: 7, pages: 3, complete: true });
    expect(new Set(listing.items.map((domain) => domain.name)).size).toBe(7);
  });

  it.each([
    ['a page that comes twice', { kind: 'repeat-page', match: { path: 'page=2' } }, 'fewer-than-total'],
    ['pages that shift while they are read', { kind: 'shifting-pages' }, 'fewer-than-total'],
    ['a total that shrinks', { kind: 'shrinking-total', by: 2 }, 'fewer-than-total'],
  ])('is not complete with %s', async (_name, fault, reason) => {
    await using test = await connected({ domains: domains(7), faults: [fault] });
    const listing = await test.client.domains.list({ perPage: 3 });
    expect(listing).toMatchObject({ complete: false, reason });
    expect(listing.distinctCount).toBeLessThan(7);
  });

  it('that fails midway throws the cause and is not complete', async () => {
    await using test = await connected({ domains: domains(7), faults: [{ kind: '500', match: { path: 'page=2' } }] });
    const pages = test.client.domains.pages({ perPage: 3 });
    const error = await failureOf(Array.fromAsync(pages));
    expect(error).toMatchObject({ status: 500, id: 'server_error', retryable: true });
    expect(pages.outcome()).toMatchObject({ complete: false, reason: 'failed', distinctCount: 3, metaTotal: 7 });
    expect(test.simulator.requests).toHaveLength(6);
  });

  it('that is not read to its end is not complete', async () => {
    await using test = await connected({ domains: domains(7) });
    const pages = test.client.domains.pages({ perPage: 3 });
    expect(pages.outcome()).toMatchObject({ complete: false, reason: 'not-read' });
    for await (const page of pages) if (page.number === 1) break;
    expect(pages.outcome().complete).toBe(false);
  });

  it('never follows a link to another host', async () => {
    const asked: string[] = [];
    const elsewhere: typeof fetch = async (input) => {
      asked.push(String(input));
      const links = { pages: { next: 'https://elsewhere.example/v2/domains?page=2' } };
      return Response.json({ domains: [{ name: 'a.example' }], links, meta: { total: 2 } });
    };
    const client = createDigitalOcean({ token: 't', write: false, fetch: elsewhere });
    expect(await client.domains.list()).toMatchObject({ complete: false, reason: 'bad-next', distinctCount: 1 });
    expect(asked).toEqual(['https://api.digitalocean.com/v2/domains?per_page=200']);
  });

  it('keeps the readable items of a page and is not complete', async () => {
    const odd: typeof fetch = async () =>
      Response.json({ domains: [{ name: 'a.example' }, { nome: 'b' }], links: {}, meta: { total: 2 } });
    const client = createDigitalOcean({ token: 't', write: false, fetch: odd });
    expect(await client.domains.list()).toMatchObject({
      complete: false,
      reason: 'unreadable-items',
      unreadableCount: 1,
      distinctCount: 1,
    });
  });

  it('of invoice lines keeps equal lines, and detects a repeated page', async () => {
    const line = { product: 'Droplets', description: 'same (s-1vcpu-1gb)', amount: '0.01' };
    const uuid = '11111111-2222-4333-8444-555555555555';
    const invoices = [
      {
        uuid,
        period: '2026-03',
        items: Array.from({ length: 5 }, (_, index) => ({ ...line, duration: String(index % 2) })),
      },
    ];
    await using test = await connected({ invoices });
    expect(await test.client.billing.invoices.itemsOf(uuid).list({ perPage: 3 })).toMatchObject({
      distinctCount: 5,
      complete: true,
    });
    await using bad = await connected({ invoices, faults: [{ kind: 'repeat-page' }] });
    expect(await bad.client.billing.invoices.itemsOf(uuid).list({ perPage: 3 })).toMatchObject({
      complete: false,
      reason: 'repeated-page',
    });
  });

  it('that the provider never pages may have no list at all', async () => {
    const empty: typeof fetch = async () => Response.json({});
    const client = createDigitalOcean({ token: 't', write: false, fetch: empty });
    expect(await client.databases.list()).toMatchObject({ items: [], complete: true });
    const error = await failureOf(
      createDigitalOcean({ token: 't', write: false, fetch: empty, retries: 0 }).domains.list(),
    );
    expect(error.id).toBe('unreadable');
  });
});

describe('a failing provider', () => {
  it.each([
    ['500', { kind: '500' }],
    ['a page of HTML', { kind: 'html' }],
    ['JSON that breaks off', { kind: 'truncated-json' }],
    ['an empty answer', { kind: 'empty-200' }],
    ['a broken connection', { kind: 'reset' }],
    ['429 with retry-after', { kind: '429', retry_after: 0 }],
    ['429 without it', { kind: '429' }],
  ])('gets a repeated request after %s', async (_name, fault) => {
    await using test = await connected({ domains: domains(2), faults: [{ ...fault, times: 2 }] });
    expect(await test.client.domains.list()).toMatchObject({ complete: true, distinctCount: 2 });
    expect(test.log.map((entry) => entry.attempt)).toEqual([1, 2, 3]);
  });

  it('that hangs gets a repeated request after the deadline', async () => {
    await using test = await connected({ faults: [{ kind: 'hang', times: 1 }] }, { timeoutMs: 100 });
    expect((await test.client.account()).status).toBe('active');
    expect(test.log.map((entry) => entry.status)).toEqual([null, 200]);
  });

  it('that requires a long pause gets no further request, and the error has the length of the pause', async () => {
    await using test = await connected({ faults: [{ kind: '429', retry_after: 600 }] });
    const error = await failureOf(test.client.account());
    expect(error).toMatchObject({ status: 429, id: 'too_many_requests', retryAfterMs: 600_000 });
    expect(test.simulator.requests).toHaveLength(1);
  });

  it('has its errors parsed in both shapes, and by status in any other', async () => {
    const answering = (body: string, status: number) =>
      createDigitalOcean({
        token: 't',
        write: false,
        retries: 0,
        fetch: async () => new Response(body, { status, headers: { 'x-request-id': 'r-1' } }),
      });
    expect(
      await failureOf(answering('{"id":"forbidden","message":"no","request_id":"r-2"}', 403).account()),
    ).toMatchObject({
      id: 'forbidden',
      requestId: 'r-2',
      retryable: false,
    });
    const other = await failureOf(answering('{"error":"not allowed","messages":null,"root_causes":[]}', 400).account());
    expect([other.id, other.requestId, other.message.includes('not allowed')]).toEqual(['http_400', 'r-1', true]);
    expect((await failureOf(answering('<html>', 502).account())).retryable).toBe(true);
  });

  it('that redirects is not sent the token at the new address', async () => {
    const asked: RequestInit[] = [];
    const client = createDigitalOcean({
      token: 't',
      write: false,
      fetch: async (_url, init) => {
        asked.push(init ?? {});
        return new Response(null, { status: 302, headers: { location: 'https://elsewhere.example/' } });
      },
    });
    expect((await failureOf(client.account())).id).toBe('redirect');
    expect(asked.map((init) => init.redirect)).toEqual(['manual']);
  });
});

describe('a write', () => {
  const creation = { name: 'w-1', size: 's-1vcpu-1gb', image: 'ubuntu-24-04-x64', region: 'syd1', tags: ['saga:1'] };

  it('of a read-only client is not sent', async () => {
    await using test = await connected({ droplets: [{ id: 5, name: 'd' }] }, { write: false });
    await expect(test.client.droplets.create(creation)).rejects.toBeInstanceOf(WriteRefusedError);
    await expect(test.client.droplets.delete(5)).rejects.toBeInstanceOf(WriteRefusedError);
    await expect(test.client.projects.assign('default', ['do:droplet:5'])).rejects.toBeInstanceOf(WriteRefusedError);
    expect(test.simulator.requests).toEqual([]);
  });

  it('with an unknown outcome is not repeated; the tag finds the created droplet', async () => {
    await using test = await connected({ faults: [{ kind: '500-after-effect', match: { method: 'POST' } }] });
    const error = await failureOf(test.client.droplets.create(creation));
    expect(error).toMatchObject({ status: 500, retryable: true, outcomeUnknown: true });
    const found = await test.client.droplets.list({ query: { tag_name: 'saga:1' } });
    expect(found.items.map((droplet) => droplet.name)).toEqual(['w-1']);
  });

  it('refused with 429 took no effect', async () => {
    await using test = await connected({ faults: [{ kind: '429', match: { method: 'POST' } }] });
    expect(await failureOf(test.client.droplets.create(creation))).toMatchObject({
      status: 429,
      outcomeUnknown: false,
    });
    expect(await failureOf(test.client.droplets.create({ ...creation, name: '' }))).toMatchObject({
      outcomeUnknown: false,
    });
    expect(test.simulator.requests).toHaveLength(2);
  });

  it('creates, waits, assigns and deletes; deleting a missing resource succeeds', async () => {
    await using test = await connected({ projects: [{ name: 'shop' }] });
    const made = await test.client.droplets.create(creation);
    expect((await test.client.waitForAction(made.actionIds[0] ?? 0, { everyMs: 1 })).status).toBe('completed');
    const shop = (await test.client.projects.list()).items.find((project) => project.name === 'shop');
    const [assigned] = await test.client.projects.assign(shop?.id ?? '', [`do:droplet:${made.droplet.id}`]);
    expect(assigned?.status).toBe('assigned');
    await test.client.droplets.delete(made.droplet.id);
    await test.client.droplets.delete(made.droplet.id);
    expect((await test.client.droplets.list()).items).toEqual([]);
  });
});

describe('a response', () => {
  it('about a database is parsed without its secrets', async () => {
    await using test = await connected({ databases: [{ name: 'main' }] });
    const listing = await test.client.databases.list();
    expect(listing.items).toMatchObject([{ name: 'main', engine: 'pg', num_nodes: 1 }]);
    expect(JSON.stringify(listing)).not.toMatch(/password|postgres|doadmin/i);
  });

  it('keeps amounts as the provider wrote them', async () => {
    await using test = await connected({
      sizes: [{ slug: 'odd', memory: 1, vcpus: 1, disk: 1, price_monthly: '4.99' }],
      droplets: [{ name: 'd' }],
      snapshots: [{ name: 's', droplet: 'd', size_gigabytes: '10.15' }],
    });
    const sizes = await test.client.sizes.list();
    expect(sizes.items.find((size) => size.slug === 'odd')).toMatchObject({
      price_monthly: '4.99',
      price_hourly: '0.00742559523809524',
    });
    expect((await test.client.snapshots.list()).items[0]?.size_gigabytes).toBe('10.15');
    expect(JSON.stringify((await test.client.droplets.list()).items)).not.toContain('price');
  });

  it('is requested with the present token, which is never logged', async () => {
    let token = 'old-token';
    await using test = await connected({ token: 'new-token' }, { token: () => token });
    expect((await failureOf(test.client.account())).status).toBe(401);
    token = 'new-token';
    expect((await test.client.account()).status).toBe('active');
    expect(JSON.stringify(test.log)).not.toContain('token');
  });

  it('with the CSV of an invoice is a stream with its file name', async () => {
    const invoices = [{ period: '2026-03', items: [{ product: 'Droplets', description: 'a, b', amount: '-1.00' }] }];
    await using test = await connected({ invoices });
    const [header] = (await test.client.billing.invoices.list()).items;
    const file = await test.client.billing.invoices.csv(header?.invoice_uuid ?? '');
    expect(file.filename).toMatch(/^DigitalOcean Invoice 2026 Mar \(\d+\)\.csv$/);
    expect(await new Response(file.body).text()).toContain(
      ',"a, b",,2026-03-01 00:00:00 +0000,2026-04-01 00:00:00 +0000,-$1.00,,iaas\n',
    );
  });

  it('lacks the resources that the token’s scopes hide, without an error', async () => {
    await using test = await connected({
      droplets: [{ name: 'seen' }, { name: 'secret' }],
      faults: [{ kind: 'hidden-by-scope', hide: '^secret$' }],
    });
    expect(await test.client.droplets.list()).toMatchObject({ complete: true, distinctCount: 1 });
  });
});
