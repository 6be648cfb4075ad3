import { inventorySync } from '@arcadia/contracts';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { serveAccount } from './serve-account.ts';
import { granted, openStage, timeline } from './stage.ts';

const begin = '2026-03-31T23:00:00Z';
const created_at = '2026-02-01T00:00:00Z';
const domains = (count: number, given: object = {}) =>
  Array.from({ length: count }, (_, index) => ({
    name: `zone-${String(index).padStart(3, '0')}.example`,
    created_at,
    ...given,
  }));
const always = { match: { path: '/v2/domains' }, from: '2026-04-01T00:00:00Z' };

describe('a faulty listing strikes no resource and is reported', () => {
  test.each([
    ['an empty answer', { kind: 'empty-200' }, 'failed'],
    ['truncated JSON', { kind: 'truncated-json' }, 'failed'],
    ['a page from the edge', { kind: 'html' }, 'failed'],
    ['server errors', { kind: '500' }, 'failed'],
    ['no answer', { kind: 'hang', seconds: 5 }, 'failed'],
    ['a refusal to a token without scope', { kind: '500', status: 403 }, 'failed'],
    ['a token that is revoked after the first page', { kind: '500', status: 401, skip: 1 }, 'failed'],
    ['a scope that is withdrawn after the first page', { kind: '500', status: 403, skip: 1 }, 'failed'],
    ['a second page that does not exist', { kind: '500', status: 404, skip: 1 }, 'failed'],
    ['a total that shrinks', { kind: 'shrinking-total', by: 30 }, 'incomplete'],
    ['a page shown again', { kind: 'repeat-page' }, 'incomplete'],
    ['pages that shift', { kind: 'shifting-pages', by: 30 }, 'incomplete'],
    ['nothing at all', { kind: 'empty-list' }, 'parked'],
    // The repetition is empty with total 0; the items of the first reading must not make it count as complete.
    ['nothing after a first page', { kind: 'empty-list', skip: 1 }, 'parked'],
  ])('%s', async (_, fault, status) => {
    const world = { provider: { domains: domains(250), faults: [{ ...always, ...fault }] } };
    await using stage = await openStage(world, begin, {
      DIGITALOCEAN_TIMEOUT_MS: '200',
      DIGITALOCEAN_BACKOFF_MS: '5',
    });
    await stage.run('sync-dns-zones', begin);
    for (const hour of [1, 2, 3]) await stage.run('sync-dns-zones', `2026-04-01T0${hour}:00:00Z`);
    const state = granted(await stage.ask(inventorySync.getSyncState, {}));
    expect(state.kinds.find(({ kind }) => kind === 'dns_zone')).toMatchObject({
      last: { status },
      is_ok: false,
      last_complete_at: begin,
    });
    expect((await stage.observed()).filter(({ is_present }) => !is_present)).toEqual([]);
    expect(await stage.swept()).toHaveLength(1);
    const { ok, facts } = await stage.running.health();
    expect([ok, facts['sync of dns_zone']?.ok]).toEqual([false, false]);
  });
});

test('a temporary fault is overcome within one sweep', async () => {
  const faults = ['500', 'truncated-json', 'reset', '429'].map((kind) => ({
    ...always,
    kind,
    times: 1,
    ...(kind === '429' ? { retry_after: 0 } : {}),
  }));
  const world = {
    provider: { domains: domains(250), faults: [...faults, { ...always, kind: 'repeat-page', skip: 5, times: 1 }] },
  };
  await using stage = await openStage(world, begin, { DIGITALOCEAN_BACKOFF_MS: '5' });
  await stage.run('sync-dns-zones', '2026-04-01T01:00:00Z');
  expect((await stage.swept()).map(({ count }) => count)).toEqual([250]);
  expect(await stage.observed()).toHaveLength(250);
});

test('a resource missing from three complete listings in a row is deleted from the first one on; a listing that shows it removes the strikes', async () => {
  const hidden = { kind: 'hidden-by-scope', hide: 'zone-000', match: { path: '/v2/domains' } };
  const faults = [
    { ...hidden, from: '2026-04-01T00:00:00Z', until: '2026-04-01T00:20:00Z' },
    { ...hidden, from: '2026-04-01T01:00:00Z' },
  ];
  await using stage = await openStage({ provider: { domains: domains(3), faults } }, begin);
  await stage.run('sync-dns-zones', begin);
  for (const time of ['00:00', '00:15', '00:30', '01:00', '01:15'])
    await stage.run('sync-dns-zones', `2026-04-01T${time}:00Z`);
  expect(timeline(await stage.observed(), 'zone-000.example').at(-1)?.is_present).toBe(true);
  await stage.run('sync-dns-zones', '2026-04-01T01:30:00Z');
  expect(timeline(await stage.observed(), 'zone-000.example').at(-1)).toMatchObject({
    is_present: false,
    effective_at: '2026-04-01T01:00:00Z',
  });
});

test('a sweep that would delete too many resources is parked until an operator confirms it', async () => {
  const world = {
    provider: {
      domains: [...domains(12, { destroyed_at: '2026-04-01T00:00:00Z' }), { name: 'kept.example', created_at }],
      faults: [
        { kind: '500', match: { path: '/v2/domains' }, from: '2026-04-01T00:40:00Z', until: '2026-04-01T00:44:00Z' },
      ],
    },
  };
  await using stage = await openStage(world, begin, { DIGITALOCEAN_BACKOFF_MS: '5' });
  await stage.run('sync-dns-zones', begin);
  for (const time of ['00:00', '00:15', '00:30']) await stage.run('sync-dns-zones', `2026-04-01T${time}:00Z`);
  expect((await stage.observed()).every(({ is_present }) => is_present)).toBe(true);
  expect(await stage.swept()).toHaveLength(1);
  const zones = async () =>
    granted(await stage.ask(inventorySync.getSyncState, {})).kinds.find(({ kind }) => kind === 'dns_zone');
  const parked = await zones();
  expect(parked).toMatchObject({ is_ok: false, last: { status: 'parked', missing: 12 }, parked: { missing: 12 } });
  expect(await stage.running.health()).toMatchObject({ ok: false });

  // It stays parked when a later listing fails.
  const sweep_id = parked?.parked?.sweep_id ?? '';
  await stage.run('sync-dns-zones', '2026-04-01T00:40:00Z');
  expect(await zones()).toMatchObject({ last: { status: 'failed' }, parked: { sweep_id } });

  const confirmed = granted(await stage.ask(inventorySync.confirmSweep, { sweep_id }));
  expect(confirmed).toMatchObject({ status: 'confirmed', deleted: 12 });
  expect(await stage.ask(inventorySync.confirmSweep, { sweep_id })).toMatchObject({ refused: 'sweep-not-parked' });
  const ended = (await stage.observed()).filter(({ is_present }) => !is_present);
  expect(ended).toHaveLength(12);
  // They are deleted from the first listing that missed them, whichever of the three sweeps is confirmed.
  expect(new Set(ended.map(({ effective_at }) => effective_at))).toEqual(new Set(['2026-04-01T00:00:00Z']));
  const statuses = await sql<{ status: string }>`SELECT status FROM sweeps ORDER BY sweep`.execute(
    stage.running.context.db,
  );
  expect(statuses.rows.map(({ status }) => status)).toEqual([
    'complete',
    ...Array.from({ length: 3 }, () => 'confirmed'),
    'failed',
  ]);
  expect(timeline(await stage.observed(), 'kept.example').at(-1)?.is_present).toBe(true);
  await stage.run('sync-dns-zones', '2026-04-01T00:45:00Z');
  expect((await stage.swept()).map(({ kind }) => kind)).toEqual(['dns_zone', 'dns_zone', 'dns_zone']);
});

const project = { id: '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10', name: 'acme', created_at };

test('resources in a hidden project are not deleted: listed kinds stay present, and the other kinds are parked', async () => {
  const hidden = { kind: 'hidden-by-scope', hide: project.id, match: { path: '^/v2/projects' } };
  const world = {
    provider: {
      projects: [project],
      databases: [{ name: 'main', num_nodes: 1, created_at, project: 'acme' }],
      buckets: [{ name: 'files', region: 'syd1', created_at, project: 'acme' }],
      faults: [{ ...hidden, from: '2026-04-01T00:00:00Z', until: '2026-04-01T01:00:00Z' }],
    },
  };
  await using stage = await openStage(world, begin);
  const jobs = ['sync-projects', 'sync-databases'];
  for (const job of jobs) await stage.run(job, begin);
  for (const time of ['00:00', '00:15', '00:30', '00:45'])
    for (const job of jobs) await stage.run(job, `2026-04-01T${time}:00Z`);
  expect((await stage.observed()).filter(({ is_present }) => !is_present)).toEqual([]);
  const state = granted(await stage.ask(inventorySync.getSyncState, {}));
  expect(state.kinds.find(({ kind }) => kind === 'spaces_bucket')?.parked?.detail).toMatch(
    /^1 of 1 would be deleted together with a project that was not empty; no resource was given a strike\. If the .+ confirm sweep /,
  );
  expect(state.kinds.find(({ kind }) => kind === 'managed_db')).toMatchObject({ is_ok: true, parked: null });
  await stage.run('sync-projects', '2026-04-01T01:00:00Z');
  const again = granted(await stage.ask(inventorySync.getSyncState, {}));
  expect(again.kinds.find(({ kind }) => kind === 'spaces_bucket')).toMatchObject({ is_ok: true, parked: null });
});

test('the error text of the provider is stored and shown without the secrets that it quotes', async () => {
  const message = 'cannot reach postgres://doadmin:hunter2hunter2@db:25060 with Bearer dop_v1_0123456789abcdef0123';
  await using served = await serveAccount({ '/v2/domains': { id: 'unprocessable_entity', message } }, 422);
  await using stage = await openStage({}, begin, { DIGITALOCEAN_API_URL: served.url, DIGITALOCEAN_BACKOFF_MS: '1' });
  await stage.run('sync-dns-zones', begin);
  const kept = await stage.everythingKept();
  expect(kept).toContain('cannot reach postgres://doadmin:[redacted]@db:25060');
  expect(kept).not.toMatch(/hunter2|0123456789abcdef/);
});

test('a parked sweep before a complete one is not confirmed together with a later sweep', async () => {
  const hidden = { kind: 'hidden-by-scope', hide: 'zone-', match: { path: '/v2/domains' } };
  const faults = [
    { ...hidden, from: '2026-04-01T00:00:00Z', until: '2026-04-01T00:10:00Z' },
    { ...hidden, from: '2026-04-01T00:30:00Z' },
  ];
  const world = { provider: { domains: [...domains(12), { name: 'kept.example', created_at }], faults } };
  await using stage = await openStage(world, begin);
  for (const time of [begin, '2026-04-01T00:00:00Z', '2026-04-01T00:15:00Z', '2026-04-01T00:30:00Z'])
    await stage.run('sync-dns-zones', time);
  const { kinds } = granted(await stage.ask(inventorySync.getSyncState, {}));
  const sweep_id = kinds.find(({ kind }) => kind === 'dns_zone')?.parked?.sweep_id ?? '';
  expect(granted(await stage.ask(inventorySync.confirmSweep, { sweep_id }))).toMatchObject({ deleted: 12 });
  const ended = (await stage.observed()).filter(({ is_present }) => !is_present);
  expect(new Set(ended.map(({ effective_at }) => effective_at))).toEqual(new Set(['2026-04-01T00:30:00Z']));
  const statuses = await sql<{ status: string }>`SELECT status FROM sweeps ORDER BY sweep`.execute(
    stage.running.context.db,
  );
  expect(statuses.rows.map(({ status }) => status)).toEqual(['complete', 'parked', 'complete', 'confirmed']);
});
