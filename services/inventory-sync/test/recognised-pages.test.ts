import { inventorySync } from '@arcadia/contracts';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { serveAccount } from './serve-account.ts';
import { granted, openStage, timeline } from './stage.ts';

const droplet = (id: number, given: object = {}) => ({
  id,
  name: `web-${id}`,
  status: 'active',
  size_slug: 's-1vcpu-1gb',
  memory: 1024,
  vcpus: 1,
  disk: 25,
  created_at: '2026-02-01T00:00:00Z',
  region: { slug: 'syd1' },
  tags: [],
  ...given,
});

/** Two pages of droplets; the second has a path of its own, because the account of the test answers by path. */
const pagesOf = (url: string, [first, second]: readonly [readonly object[], readonly object[]]) => {
  const meta = { total: first.length + second.length };
  return {
    '/v2/droplets': { droplets: first, links: { pages: { next: `${url}/v2/more/droplets` } }, meta },
    '/v2/more/droplets': { droplets: second, links: {}, meta },
  };
};

const openAccount = async () => {
  const account = await serveAccount({});
  const stage = await openStage({}, '2026-04-01T00:00:00Z', { DIGITALOCEAN_API_URL: account.url });
  const handled = async (): Promise<Record<string, string>> => {
    const { rows } = await sql<{ place: string; handled_at: string }>`
      SELECT place, handled_at FROM listed_pages WHERE kind = 'droplet' AND place NOT LIKE '%gpus%'`.execute(
      stage.running.context.db,
    );
    return Object.fromEntries(
      rows.map(({ place, handled_at }) => [place.split('?')[0] ?? '', handled_at.slice(11, 16)]),
    );
  };
  return {
    account,
    stage,
    /** When each page was handled. */
    handled,
    rows: () =>
      sql<{ name: string; seen: string; strikes: number; is_deleted: boolean }>`
        SELECT name, to_char(last_seen_at, 'HH24:MI') AS seen, stale_strike_count AS strikes, deleted_at IS NOT NULL AS is_deleted
        FROM cloud_resources ORDER BY name`
        .execute(stage.running.context.db)
        .then(({ rows }) => rows),
    [Symbol.asyncDispose]: async () => {
      await stage[Symbol.asyncDispose]();
      await account[Symbol.asyncDispose]();
    },
  };
};

test('a page that arrives again with the same text is not read again, and its resources are seen; a changed page is read', async () => {
  await using test = await openAccount();
  const { account, stage } = test;
  Object.assign(account.answers, pagesOf(account.url, [[droplet(1), droplet(2)], [droplet(3)]]));
  await stage.run('sync-droplets', '2026-04-01T00:00:00Z');
  await stage.run('sync-droplets', '2026-04-01T00:15:00Z');
  expect(await test.handled()).toEqual({ '/v2/droplets': '00:00', '/v2/more/droplets': '00:00' });
  expect((await test.rows()).map(({ name, seen }) => [name, seen])).toEqual([
    ['web-1', '00:15'],
    ['web-2', '00:15'],
    ['web-3', '00:15'],
  ]);
  const before = (await stage.observed()).length;

  Object.assign(
    account.answers,
    pagesOf(account.url, [[droplet(1), droplet(2)], [droplet(3, { size_slug: 's-2vcpu-4gb' })]]),
  );
  await stage.run('sync-droplets', '2026-04-01T00:30:00Z');
  expect(await test.handled()).toEqual({ '/v2/droplets': '00:00', '/v2/more/droplets': '00:30' });
  expect((await stage.observed()).length).toBe(before + 1);
  expect(timeline(await stage.observed(), 'web-3').at(-1)?.attrs).toMatchObject({ size_slug: 's-2vcpu-4gb' });
  // A day after a page was handled it is read again, so that nothing depends on an old reading.
  await stage.run('sync-droplets', '2026-04-02T00:10:00Z');
  expect(await test.handled()).toEqual({ '/v2/droplets': '00:10', '/v2/more/droplets': '00:30' });
});

test('a resource that changed by other means is observed again, although its page arrives with the text of before', async () => {
  await using test = await openAccount();
  const { account, stage } = test;
  const whole = pagesOf(account.url, [[droplet(1), droplet(2)], [droplet(3)]]);
  Object.assign(account.answers, whole);
  await stage.run('sync-droplets', '2026-04-01T00:00:00Z');
  // The poll sees it off; afterwards it is on again, so that the page is that of the first sweep.
  Object.assign(account.answers, pagesOf(account.url, [[droplet(1), droplet(2, { status: 'off' })], [droplet(3)]]));
  await stage.run('poll-droplet-status', '2026-04-01T00:05:00Z');
  Object.assign(account.answers, whole);
  await stage.run('poll-droplet-status', '2026-04-01T00:06:00Z');
  const statuses = async () =>
    timeline(await stage.observed(), 'web-2').map(({ effective_at, status }) => [effective_at.slice(11, 16), status]);
  const seen = [
    ['00:00', 'active'],
    ['00:05', 'off'],
    ['00:06', 'active'],
  ];
  expect(await statuses()).toEqual(seen);
  Object.assign(account.answers, pagesOf(account.url, [[droplet(1), droplet(2, { status: 'off' })], [droplet(3)]]));
  await stage.run('poll-droplet-status', '2026-04-01T00:07:00Z');
  Object.assign(account.answers, whole);
  await stage.run('sync-droplets', '2026-04-01T00:15:00Z');
  expect(await statuses()).toEqual([...seen, ['00:07', 'off'], ['00:15', 'active']]);
});

test('a resource that a page loses is missing, and one that a known page shows again is present again', async () => {
  await using test = await openAccount();
  const { account, stage } = test;
  const whole = pagesOf(account.url, [[droplet(1), droplet(2)], [droplet(3)]]);
  const short = pagesOf(account.url, [[droplet(1), droplet(2)], []]);
  Object.assign(account.answers, whole);
  await stage.run('sync-droplets', '2026-04-01T00:00:00Z');
  Object.assign(account.answers, short);
  for (const at of ['00:15', '00:30', '00:45']) await stage.run('sync-droplets', `2026-04-01T${at}:00Z`);
  expect(await test.rows()).toMatchObject([
    { name: 'web-1', strikes: 0, is_deleted: false },
    { name: 'web-2', strikes: 0, is_deleted: false },
    { name: 'web-3', strikes: 3, is_deleted: true },
  ]);
  Object.assign(account.answers, whole);
  await stage.run('sync-droplets', '2026-04-01T01:00:00Z');
  expect(await test.rows()).toMatchObject([
    { strikes: 0 },
    { strikes: 0 },
    { strikes: 0, is_deleted: false, seen: '01:00' },
  ]);
  const listed = granted(await stage.ask(inventorySync.listResources, { kind: 'droplet' }));
  expect(listed.items).toHaveLength(3);
});

test('a page that repeats a resource of another page is read each time, and every resource counts once', async () => {
  await using test = await openAccount();
  const { account, stage } = test;
  const shifted = pagesOf(account.url, [
    [droplet(1), droplet(2)],
    [droplet(2), droplet(3)],
  ]);
  Object.assign(account.answers, shifted);
  for (const at of ['00:00', '00:15']) await stage.run('sync-droplets', `2026-04-01T${at}:00Z`);
  // Four were announced and three are distinct: the listing is incomplete, so nothing is struck.
  expect(await test.rows()).toMatchObject([{ seen: '00:15' }, { seen: '00:15' }, { seen: '00:15' }]);
  const sync = granted(await stage.ask(inventorySync.getSyncState, {}));
  expect(sync.kinds.find(({ kind }) => kind === 'droplet')?.last).toMatchObject({
    status: 'incomplete',
    count: 3,
    total: 4,
  });
  expect(Object.keys(await test.handled())).toEqual(['/v2/droplets']);
});
