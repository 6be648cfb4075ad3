import { inventorySync } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { listOf, serveAccount } from './serve-account.ts';
import { deploymentId, granted, openStage, timeline } from './stage.ts';

const begin = '2026-03-31T23:00:00Z';
const created_at = '2026-03-10T00:00:00Z';
const project = (id: string, name: string, is_default: boolean) => ({ id, name, is_default, created_at });
const byDefault = project('0c1d2e3f-4a5b-4c6d-8e7f-9a0b1c2d3e30', 'Default', true);
const acme = project('3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10', 'acme', false);
const globex = project('4e6c0d2f-8a53-4d2b-af1c-6b7e9d3a2b21', 'globex', false);
const cluster = 'bd5f5959-5e1e-4205-a714-a914373942af';
const bound = (id: string) => ({ project_bindings: [{ provider: 'digitalocean', provider_project_id: id }] });
const region = { slug: 'syd1' };
const droplet = (id: number, given: object) => ({ id, name: `d${id}`, status: 'active', created_at, region, ...given });

type Lists = { byDefault?: string[]; acme?: string[]; globex?: string[] };

const projectsOf = (lists: Lists) => ({
  '/v2/projects': listOf('projects', [byDefault, acme, globex]),
  ...Object.fromEntries(
    [
      [byDefault.id, lists.byDefault ?? []],
      [acme.id, lists.acme ?? []],
      [globex.id, lists.globex ?? []],
    ].map(([id, urns]) => [
      `/v2/projects/${String(id)}/resources`,
      listOf(
        'resources',
        (urns as string[]).map((urn) => ({ urn })),
      ),
    ]),
  ),
});

async function openAccount(answers: Record<string, unknown>) {
  const stack = new AsyncDisposableStack();
  const account = stack.use(await serveAccount(answers));
  const stage = stack.use(await openStage({}, begin, { DIGITALOCEAN_API_URL: account.url }));
  await stage.deploy('acme', bound(acme.id));
  await stage.deploy('globex', { tenant_id: 'globex', ...bound(globex.id) });
  return {
    account,
    stage,
    owners: async () => {
      const { items } = granted(await stage.ask(inventorySync.listResources, { limit: 100 }));
      return Object.fromEntries(items.map(({ name, owner }) => [name, [owner.tenant_id, owner.attributed_by]]));
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test("a resource's own project comes before the project that lists it, and counts when none does", async () => {
  const answers = {
    ...projectsOf({
      byDefault: ['do:loadbalancer:lb-1', 'do:floatingip:203.0.113.9', 'do:dbaas:db-1'],
      globex: ['do:loadbalancer:lb-3'],
    }),
    '/v2/load_balancers': listOf('load_balancers', [
      { id: 'lb-1', name: 'listed by default', created_at, region, size_unit: 1, project_id: acme.id },
      { id: 'lb-2', name: 'listed by none', created_at, region, size: 'lb-small', project_id: acme.id },
      { id: 'lb-3', name: 'listed by another', created_at, region, size_unit: 1, project_id: acme.id },
      { id: 'lb-4', name: 'of an unknown project', created_at, region, size_unit: 1, project_id: 'not listed' },
    ]),
    '/v2/reserved_ips': listOf('reserved_ips', [{ ip: '203.0.113.9', region, droplet: null, project_id: acme.id }]),
    '/v2/vpc_nat_gateways': listOf('vpc_nat_gateways', [
      { id: 'nat-1', name: 'nat', state: 'ACTIVE', region: 'syd1', size: 1, created_at, project_id: acme.id },
    ]),
    '/v2/databases': {
      databases: [{ id: 'db-1', name: 'db', num_nodes: 1, size: 'db-s-1vcpu-1gb', created_at, project_id: acme.id }],
    },
    '/v2/databases/db-1/replicas': { replicas: [{ id: 'r-1', name: 'replica', size: 'db-s-1vcpu-1gb', created_at }] },
    '/v2/apps': listOf('apps', [{ id: 'app-1', spec: { name: 'app' }, created_at, project_id: acme.id }]),
  };
  await using opened = await openAccount(answers);
  await opened.stage.sweep(begin);
  expect(await opened.owners()).toEqual({
    'listed by default': ['acme', 'project'],
    'listed by none': ['acme', 'project'],
    'listed by another': ['acme', 'project'],
    'of an unknown project': [null, 'project'],
    '203.0.113.9': ['acme', 'project'],
    nat: ['acme', 'project'],
    db: ['acme', 'project'],
    replica: ['acme', 'source'],
    app: ['acme', 'project'],
  });
});

test('everything that a cluster makes has the owner of the cluster, also where the default project lists it', async () => {
  const tags = ['k8s', `k8s:${cluster}`];
  const answers = {
    ...projectsOf({
      acme: [`do:kubernetes:${cluster}`],
      byDefault: ['do:droplet:1', 'do:loadbalancer:lb-1', 'do:volume:v-1', 'do:volume:v-2'],
      globex: ['do:volume:v-3'],
    }),
    '/v2/kubernetes/clusters': listOf('kubernetes_clusters', [{ id: cluster, name: 'main', created_at, tags }]),
    '/v2/droplets': listOf('droplets', [
      droplet(1, { name: 'worker', tags: ['k8s', `K8S:${cluster.toUpperCase()}`] }),
      droplet(2, { name: 'unlisted worker', tags }),
    ]),
    '/v2/volumes': listOf('volumes', [
      { id: 'v-1', name: 'pvc-1', size_gigabytes: 100, region, droplet_ids: [1], created_at, tags: [tags[1]] },
      { id: 'v-2', name: 'pvc-untagged', size_gigabytes: 100, region, droplet_ids: [1], created_at },
      { id: 'v-3', name: 'pvc-moved', size_gigabytes: 100, region, droplet_ids: [1], created_at, tags: [tags[1]] },
    ]),
    '/v2/snapshots': listOf('snapshots', [
      { id: 's', name: 'of pvc', created_at, resource_id: 'v-2', resource_type: 'volume', size_gigabytes: 5 },
    ]),
    '/v2/load_balancers': listOf('load_balancers', [
      { id: 'lb-1', name: 'tagged', created_at, size_unit: 1, tags: [tags[1]], project_id: byDefault.id },
      { id: 'lb-2', name: 'forwards by tag', created_at, size_unit: 1, tag: tags[1], project_id: byDefault.id },
      { id: 'lb-3', name: `a${'1'.repeat(31)}`, created_at, size_unit: 1, droplet_ids: [2], project_id: byDefault.id },
      { id: 'lb-4', name: 'shared', created_at, size_unit: 1, droplet_ids: [1, 2], project_id: byDefault.id },
    ]),
  };
  await using opened = await openAccount(answers);
  await opened.stage.sweep(begin);
  const ofCluster = ['acme', 'source'];
  const owners = {
    main: ['acme', 'project'],
    worker: ofCluster,
    'unlisted worker': ofCluster,
    'pvc-1': ofCluster,
    'pvc-untagged': ofCluster,
    'pvc-moved': ['globex', 'project'],
    'of pvc': ofCluster,
    tagged: ofCluster,
    'forwards by tag': ofCluster,
    [`a${'1'.repeat(31)}`]: ofCluster,
    shared: [null, null],
  };
  expect(await opened.owners()).toEqual(owners);

  // A volume that is attached to no worker at the moment still belongs to the cluster.
  const volumes = opened.account.answers['/v2/volumes'] as { volumes: { droplet_ids: number[] }[] };
  for (const volume of volumes.volumes) volume.droplet_ids = [];
  await opened.stage.sweep('2026-04-01T01:00:00Z');
  await opened.stage.sweep('2026-04-01T02:00:00Z');
  expect(await opened.owners()).toEqual(owners);
  expect(timeline(await opened.stage.observed(), 'pvc-untagged').at(-1)?.owner.deployment_id).toBe(
    deploymentId('acme'),
  );
});

test('a reserved IP has the owner of its droplet while it is assigned, unless a project other than the default names it', async () => {
  const answers = {
    ...projectsOf({ acme: ['do:droplet:1'], byDefault: ['do:floatingip:203.0.113.1', 'do:floatingip:203.0.113.2'] }),
    '/v2/droplets': listOf('droplets', [droplet(1, { name: 'web' })]),
    '/v2/reserved_ips': listOf('reserved_ips', [
      { ip: '203.0.113.1', region, droplet: { id: 1 }, project_id: byDefault.id },
      { ip: '203.0.113.2', region, droplet: null, project_id: byDefault.id },
      { ip: '203.0.113.3', region, droplet: { id: 1 }, project_id: globex.id },
    ]),
  };
  await using opened = await openAccount(answers);
  await opened.stage.sweep(begin);
  expect(await opened.owners()).toEqual({
    web: ['acme', 'project'],
    '203.0.113.1': ['acme', 'source'],
    '203.0.113.2': [null, null],
    '203.0.113.3': ['globex', 'project'],
  });
});

test('a tag comes before the own project, and an attribution by hand before both', async () => {
  const answers = {
    ...projectsOf({}),
    '/v2/load_balancers': listOf('load_balancers', [
      { id: 'lb', name: 'lb', created_at, size_unit: 1, tags: ['Team-Globex'], project_id: acme.id },
    ]),
  };
  await using opened = await openAccount(answers);
  const { stage } = opened;
  await stage.deploy('globex', {
    tenant_id: 'globex',
    ...bound(globex.id),
    tag_bindings: ['team-globex'],
    revision: 2,
  });
  await stage.sweep(begin);
  expect(await opened.owners()).toEqual({ lb: ['globex', 'tag'] });
  const { items } = granted(await stage.ask(inventorySync.listResources, {}));
  const claim = { resource_id: items[0]?.resource_id ?? '', deployment_id: deploymentId('acme') };
  granted(await stage.ask(inventorySync.attributeResource, claim));
  await stage.sweep('2026-04-01T01:00:00Z');
  expect(await opened.owners()).toEqual({ lb: ['acme', 'hand'] });
});
