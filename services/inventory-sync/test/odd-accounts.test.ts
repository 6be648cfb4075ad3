import { inventorySync } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { listedDroplet, listOf, serveAccount } from './serve-account.ts';
import { deploymentId, granted, openStage, timeline } from './stage.ts';

const begin = '2026-03-31T23:00:00Z';
const acme = { id: '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10', name: 'acme', is_default: true, created_at: begin };
const droplet = (given: object) => listedDroplet({ image: { id: 7, slug: null, name: 'own' }, ...given });

test('droplets without name or size, with unknown words, or with ids longer than a float are listed like others', async () => {
  const name = 'Größe 😀 "quoted"\nsecond line\t\\ %_ и ٣';
  const droplets = [
    droplet({ id: 1, name: null, status: 'hibernating', novelty: { deep: [1] } }),
    { id: 2 },
    droplet({ id: 3, name, tags: ['a:b', 'UPPER', 'x'.repeat(5_000), `deployment:${deploymentId('none')}`] }),
    droplet({ id: 4, name: 'n'.repeat(10_000), created_at: 'the day before yesterday' }),
    droplet({ id: 5, name: 'since', created_at: 1_767_225_600 }),
    droplet({ id: 6, name: 'no image', image: null, networks: { v4: null, v6: [] }, volume_ids: null, features: null }),
  ];
  const long =
    '{"id":9007199254740993,"name":"long","created_at":"2026-02-01T00:00:00Z","backup_ids":[18446744073709551615]}';
  const broken =
    '{"id":7,"name":"nul \\u0000 half \\ud83d and whole \\ud83d\\ude00","created_at":"2026-02-01T00:00:00Z"}';
  const text = `{"droplets":[${droplets.map((one) => JSON.stringify(one)).join()},${long},${broken}],"meta":{"total":8}}`;
  await using account = await serveAccount({ '/v2/droplets': text });
  await using stage = await openStage({}, begin, { DIGITALOCEAN_API_URL: account.url });
  await stage.run('sync-droplets', begin);
  await stage.run('sync-droplets', '2026-03-31T23:15:00Z');

  const observed = await stage.observed();
  expect(observed).toHaveLength(8);
  const last = (id: string) => timeline(observed, id).at(-1);
  expect(last('1')).toMatchObject({ name: '1', status: 'hibernating' });
  expect(last('2')).toMatchObject({ name: '2', created_at: null, region: null });
  expect(last('3')).toMatchObject({ name });
  expect(last('3')?.attrs['tags']).toHaveLength(4);
  expect(last('4')).toMatchObject({ name: 'n'.repeat(500), created_at: null });
  expect(last('5')).toMatchObject({ created_at: '2026-01-01T00:00:00Z' });
  expect(last('9007199254740993')).toMatchObject({ name: 'long', attrs: { has_backups: true } });
  expect(last('7')?.name).toBe('nul \ufffd half \ufffd and whole 😀');
  const found = granted(await stage.ask(inventorySync.listResources, { q: '%_ и' }));
  expect(found.items.map(({ provider_id }) => provider_id)).toEqual(['3']);
  expect((await stage.swept()).map(({ count }) => count)).toEqual([8, 8]);
});

test('an unreadable item makes its listing incomplete, and its neighbours are stored', async () => {
  const snapshot = { id: '71', name: 'image', created_at: begin, resource_id: '1', resource_type: 'droplet' };
  const snapshots = [
    { ...snapshot, size_gigabytes: '5' },
    { ...snapshot, id: '72', size_gigabytes: 'plenty' },
    { ...snapshot, id: '73' },
  ];
  await using account = await serveAccount({ '/v2/snapshots': listOf('snapshots', snapshots) });
  await using stage = await openStage({}, begin, { DIGITALOCEAN_API_URL: account.url });
  for (const minute of ['00', '15', '30', '45']) await stage.run('sync-snapshots', `2026-04-01T00:${minute}:00Z`);
  expect((await stage.observed()).map(({ provider_id }) => provider_id)).toEqual(['71']);
  const state = granted(await stage.ask(inventorySync.getSyncState, {}));
  expect(state.kinds.find(({ kind }) => kind === 'snapshot')).toMatchObject({
    is_ok: false,
    last: {
      status: 'incomplete',
      detail: expect.stringMatching(
        /^1 item could not be read: 73 \(image\): size_gigabytes.*; 1 item could not be read: 72 \(image\): /,
      ),
    },
  });
});

test('members of a project with unknown kinds are listed by their URN, and an address in two forms is one address', async () => {
  const urns = [
    'do:microdroplet:abc',
    'do:genai_agent:x:y:z',
    'do:9Lives-Kind!:one',
    'do:floatingipv6:2001:DB8:0:0::10',
    'do:reservedip:203.0.113.9',
    'do:domain:Shop.Example',
    `do:space:${'b'.repeat(2_000)}`,
    'not a urn',
    'do:dbaas:',
  ];
  await using account = await serveAccount({
    '/v2/projects': listOf('projects', [acme]),
    [`/v2/projects/${acme.id}/resources`]: listOf(
      'resources',
      urns.map((urn) => ({ urn, assigned_at: begin, status: 'ok' })),
    ),
    '/v2/reserved_ips': listOf('reserved_ips', [{ ip: '203.0.113.9', region: { slug: 'syd1' }, droplet: null }]),
    '/v2/reserved_ipv6': listOf('reserved_ipv6s', [{ ip: '2001:0db8::10', region_slug: 'syd1' }]),
    '/v2/domains': listOf('domains', [{ name: 'shop.example', ttl: null }]),
  });
  await using stage = await openStage({}, begin, { DIGITALOCEAN_API_URL: account.url });
  await stage.sweep(begin);
  const { items } = granted(await stage.ask(inventorySync.listResources, { limit: 50 }));
  expect(items.map(({ kind, provider_id, owner }) => [kind, provider_id, owner.project_name])).toEqual([
    ['dns_zone', 'shop.example', 'acme'],
    ['floating_ip', '2001:db8::10', 'acme'],
    ['floating_ip', '203.0.113.9', 'acme'],
    ['unknown', 'x:y:z', 'acme'],
    ['unknown', 'abc', 'acme'],
    ['unknown', 'one', 'acme'],
  ]);
  const types = ['genai_agent', 'microdroplet', 'x9lives_kind_'];
  const unknown = granted(await stage.ask(inventorySync.listResources, { kind: 'unknown' })).items;
  expect(unknown.map(({ attrs }) => attrs['provider_type'])).toEqual(types);
  const state = granted(await stage.ask(inventorySync.getSyncState, {}));
  expect(state.unknown_types).toEqual(types.map((type) => ({ type, count: 1 })));
  expect(state.not_listed).toContain('functions');
  expect(state.not_listed.at(-1)).toContain('SPACES_KEY');
  expect((await stage.swept()).map(({ kind }) => kind)).toContain('microdroplet');

  // Missing from its project in three complete listings, which are its only source.
  account.answers[`/v2/projects/${acme.id}/resources`] = listOf('resources', []);
  for (const minute of ['15', '30', '45']) await stage.run('sync-projects', `2026-03-31T23:${minute}:00Z`);
  expect(timeline(await stage.observed(), 'abc').at(-1)).toMatchObject({
    is_present: false,
    effective_at: '2026-03-31T23:15:00Z',
  });
});

test('the secrets of a database are stored nowhere: not in the inventory, not in a log, not in a message', async () => {
  const id = '9cc10173-e9ea-4176-9dbc-a4cee4c4ff30';
  const secret = 'wv78n3zpz42xezdk';
  const connection = { uri: `postgres://doadmin:${secret}@host:25060/db`, password: secret };
  await using account = await serveAccount({
    '/v2/projects': listOf('projects', [acme]),
    [`/v2/projects/${acme.id}/resources`]: listOf('resources', [{ urn: `do:dbaas:${id}` }]),
    '/v2/databases': {
      databases: [{ id, name: 'main', engine: 'advanced_pg', num_nodes: 2, connection, users: [{ password: secret }] }],
    },
  });
  await using stage = await openStage({}, begin, { DIGITALOCEAN_API_URL: account.url });
  await stage.sweep(begin);
  expect(timeline(await stage.observed(), 'main').at(-1)).toMatchObject({ attrs: { engine: 'advanced_pg' } });
  expect(await stage.everythingKept()).not.toContain(secret);
});

test('a volume of unreadable size is named with its field, its nine neighbours are stored, and a size as text is read', async () => {
  const volumes = Array.from({ length: 10 }, (_, index) => ({
    id: `5a0e2c44-1f7b-4a3c-9b1d-6c2f8e0a7b0${index}`,
    name: `v${index}`,
    size_gigabytes: index === 9 ? 10.5 : index === 8 ? '10' : 10,
    region: { slug: 'syd1' },
    droplet_ids: [],
    created_at: begin,
    tags: [],
  }));
  await using account = await serveAccount({ '/v2/volumes': listOf('volumes', volumes) });
  await using stage = await openStage({}, begin, { DIGITALOCEAN_API_URL: account.url });
  await stage.run('sync-volumes', '2026-04-01T00:00:00Z');
  expect((await stage.observed()).map(({ attrs }) => attrs['size_gb'])).toEqual(Array(9).fill('10'));
  const state = granted(await stage.ask(inventorySync.getSyncState, {}));
  expect(state.kinds.find(({ kind }) => kind === 'volume')?.last).toMatchObject({
    status: 'incomplete',
    detail: expect.stringMatching(
      /^1 item could not be read: 5a0e2c44-1f7b-4a3c-9b1d-6c2f8e0a7b09 \(v9\): size_gigabytes/,
    ),
  });
});

test('a token that may not list databases deletes none, and the scope that it lacks is named', async () => {
  const database = {
    id: '9cc10173-e9ea-4176-9dbc-a4cee4c4ff30',
    name: 'main',
    engine: 'pg',
    num_nodes: 1,
    size: 'db-s-1vcpu-1gb',
  };
  const answers: Record<string, unknown> = { '/v2/databases': { databases: [{ ...database, created_at: begin }] } };
  await using account = await serveAccount(answers);
  await using stage = await openStage({}, begin, { DIGITALOCEAN_API_URL: account.url });
  await stage.run('sync-databases', '2026-04-01T00:00:00Z');
  account.refused.add('/v2/databases');
  for (const hour of ['01', '02', '03', '04']) await stage.run('sync-databases', `2026-04-01T${hour}:00:00Z`);
  expect((await stage.observed()).map(({ is_present }) => is_present)).toEqual([true]);
  const state = granted(await stage.ask(inventorySync.getSyncState, {}));
  expect(state.kinds.find(({ kind }) => kind === 'managed_db')?.last).toMatchObject({
    status: 'failed',
    detail: expect.stringContaining('the token lacks the scope database:read'),
  });
});

test('a 404 is no empty listing: a kind of which resources are known has failed, and one that was never seen is not offered', async () => {
  const prefix = {
    uuid: 'f47ac10b-58cc-4372-a567-0e02b2c3d479',
    name: 'own',
    prefix: '203.0.113.0/24',
    status: 'active',
  };
  await using account = await serveAccount({
    '/v2/byoip_prefixes': listOf('byoip_prefixes', [prefix]),
    '/v2/reserved_ips': listOf('reserved_ips', [{ ip: '203.0.113.9', region: { slug: 'syd1' }, droplet: null }]),
  });
  await using stage = await openStage({}, begin, { DIGITALOCEAN_API_URL: account.url });
  for (const path of ['/v2/nfs', '/v2/reserved_ipv6', '/v2/load_balancers']) account.missing.add(path);
  await stage.sweep(begin);
  const last = async (kind: string) =>
    granted(await stage.ask(inventorySync.getSyncState, {})).kinds.find((one) => one.kind === kind)?.last;
  expect(await last('nfs_share')).toMatchObject({ status: 'unavailable', detail: expect.stringContaining('404') });
  // The provider always had load balancers.
  expect(await last('load_balancer')).toMatchObject({ status: 'failed' });
  expect(await last('floating_ip')).toMatchObject({ status: 'complete', count: 1 });

  account.answers['/v2/reserved_ipv6'] = listOf('reserved_ipv6s', [{ ip: '2001:db8::10', region_slug: 'syd1' }]);
  account.missing.delete('/v2/reserved_ipv6');
  await stage.run('sync-floating-ips', '2026-04-01T00:00:00Z');
  for (const path of ['/v2/byoip_prefixes', '/v2/reserved_ipv6']) account.missing.add(path);
  for (const hour of ['01', '02', '03', '04']) await stage.sweep(`2026-04-01T${hour}:00:00Z`);
  expect(await last('byoip_prefix')).toMatchObject({ status: 'failed' });
  expect(await last('floating_ip')).toMatchObject({ status: 'failed' });
  expect((await stage.observed()).map(({ is_present }) => is_present)).toEqual([true, true, true]);
});
