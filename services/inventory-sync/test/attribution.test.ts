import { inventorySync, projectId, resourceId } from '@arcadia/contracts';
import { createTenants } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { deploymentId, granted, type Observation, openStage, tenantActor, timeline } from './stage.ts';

const begin = '2026-03-31T23:00:00Z';
const created_at = '2026-02-01T00:00:00Z';
const acme = { id: '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10', name: 'acme', created_at };
const shop = deploymentId('shop');
const other = deploymentId('other');
const bound = { project_bindings: [{ provider: 'digitalocean', provider_project_id: acme.id }] };
const dropletId = (id: number) => resourceId('digitalocean', 'droplet', String(id));
const owners = (observed: readonly Observation[], name: string) =>
  timeline(observed, name).map((one) => [one.effective_at, one.owner.deployment_id, one.owner.attributed_by]);

const world = {
  provider: {
    projects: [acme],
    droplets: [
      { id: 1, name: 'web', project: 'acme', created_at },
      { id: 2, name: 'tagged', project: 'acme', tags: [`deployment:${other}`], created_at },
      { id: 3, name: 'named', tags: ['Team-Other'], created_at, changes: [{ at: '2026-04-10T00:00:00Z', tags: [] }] },
    ],
    snapshots: [
      { id: '71', name: 'of-web', droplet: 'web', size_gigabytes: '5', created_at },
      { id: '72', name: 'own-tag', droplet: 'web', size_gigabytes: '5', tags: [`deployment:${other}`], created_at },
    ],
  },
};

test('attribution: a tag wins over the project, a bound tag counts in any case, and a snapshot inherits unless tagged', async () => {
  await using stage = await openStage(world, begin);
  await stage.deploy('shop', bound);
  await stage.deploy('other', { tenant_id: 'globex', tag_bindings: ['team-other'] });
  await stage.sweep(begin);
  const observed = await stage.observed();
  const now = (name: string) => timeline(observed, name).at(-1)?.owner;
  expect(now('web')).toMatchObject({ deployment_id: shop, tenant_id: 'acme', attributed_by: 'project' });
  expect(now('tagged')).toMatchObject({ deployment_id: other, tenant_id: 'globex', attributed_by: 'tag' });
  expect(now('named')).toMatchObject({ deployment_id: other, attributed_by: 'tag' });
  expect(now('of-web')).toMatchObject({ deployment_id: shop, attributed_by: 'source' });
  expect(now('own-tag')).toMatchObject({ deployment_id: other, attributed_by: 'tag' });

  await stage.sweep('2026-04-10T00:00:00Z');
  expect(owners(await stage.observed(), 'named').at(-1)).toEqual(['2026-04-10T00:00:00Z', null, null]);
  const unattributed = granted(await stage.ask(inventorySync.listUnattributed, {}));
  expect(unattributed.items.map(({ name }) => name)).toEqual(['named']);
});

test('attribution: what lies in the default project is unowned with all that is made from it, until the project is classified', async () => {
  const provider = {
    projects: [{ name: 'Default', is_default: true }, { name: 'office' }],
    droplets: [
      { id: 1, name: 'forgotten', created_at },
      { id: 2, name: 'printer', project: 'office', created_at },
    ],
    snapshots: [{ id: '71', name: 'of-forgotten', droplet: 'forgotten', size_gigabytes: '5', created_at }],
  };
  await using stage = await openStage({ provider }, begin);
  await stage.sweep(begin);
  const project = granted(await stage.ask(inventorySync.listProjects, {})).items.find(({ is_default }) => is_default);
  const project_id = project?.project_id ?? '';
  const basis = async () => {
    const observed = await stage.observed();
    return ['forgotten', 'of-forgotten', 'printer'].map((name) => timeline(observed, name).at(-1)?.owner);
  };
  const unowned = { tenant_id: null, deployment_id: null, project_id, attributed_by: null };
  expect(await basis()).toMatchObject([unowned, unowned, { tenant_id: null, attributed_by: 'project' }]);
  stage.clock.set(Temporal.Instant.from('2026-04-02T00:00:00Z'));
  granted(await stage.ask(inventorySync.updateProject, { project_id, purpose: 'shared' }));
  await stage.running.settled();
  expect(await basis()).toMatchObject([
    { tenant_id: null, project_id, attributed_by: 'project' },
    { tenant_id: null, project_id, attributed_by: 'source' },
    { attributed_by: 'project' },
  ]);
});

test('attribution by hand from a past instant publishes the later history again, also of the resources that inherit', async () => {
  await using stage = await openStage(world, begin);
  await stage.deploy('shop', bound);
  await stage.deploy('other', { tenant_id: 'globex' });
  await stage.sweep(begin);
  await stage.run('say-present-states', '2026-04-01T00:00:00Z');
  stage.clock.set(Temporal.Instant.from('2026-04-20T00:00:00Z'));
  const attribute = (input: object) =>
    stage.ask(inventorySync.attributeResource, { resource_id: dropletId(1), ...input });
  granted(await attribute({ deployment_id: other, effective_at: '2026-03-15T00:00:00Z', reason: 'it was theirs' }));
  granted(await attribute({ automatic: true, effective_at: '2026-04-18T00:00:00Z' }));
  await stage.running.settled();

  const observed = await stage.observed();
  expect(owners(observed, 'web')).toEqual([
    [created_at, null, null],
    ['2026-03-15T00:00:00Z', other, 'hand'],
    [begin, other, 'hand'],
    ['2026-04-01T00:00:00Z', other, 'hand'],
    ['2026-04-18T00:00:00Z', shop, 'project'],
  ]);
  expect(owners(observed, 'of-web')).toEqual([
    [created_at, null, null],
    ['2026-03-15T00:00:00Z', other, 'source'],
    [begin, other, 'source'],
    ['2026-04-01T00:00:00Z', other, 'source'],
    ['2026-04-18T00:00:00Z', shop, 'source'],
  ]);
  const revisions = observed.filter(({ resource_id }) => resource_id === dropletId(1)).map(({ revision }) => revision);
  expect(revisions).toEqual(revisions.map((_, index) => index + 1));

  // The log and the stream agree.
  const shown = granted(await stage.ask(inventorySync.getResource, { resource_id: dropletId(1) }));
  expect(shown.events.map(({ revision, effective_at, type }) => [revision, effective_at, type]).toReversed()).toEqual(
    observed
      .filter(({ resource_id }) => resource_id === dropletId(1))
      .map(({ revision, effective_at, cause }) => [revision, effective_at, cause]),
  );
  expect(shown.events[0]?.actor).toBe('op');

  expect(await attribute({})).toMatchObject({ refused: 'invalid-attribution' });
  expect(await attribute({ deployment_id: other, effective_at: '2026-04-21T00:00:00Z' })).toMatchObject({
    refused: 'effective-at-refused',
  });
  expect(await attribute({ deployment_id: other, effective_at: '2026-02-21T00:00:00Z' })).toMatchObject({
    refused: 'effective-at-refused',
  });
  expect(
    await stage.ask(inventorySync.attributeResource, { resource_id: deploymentId('nothing'), deployment_id: null }),
  ).toMatchObject({ refused: 'not-found' });
});

test('a decision of a person about an instant stays in the history of its resource when another replaces it', async () => {
  await using stage = await openStage(world, begin);
  await stage.deploy('shop', bound);
  await stage.deploy('other', { tenant_id: 'globex' });
  await stage.sweep(begin);
  const at = { resource_id: dropletId(1), effective_at: '2026-03-20T00:00:00Z' };
  const attribute = async (deployment_id: string | null, reason: string) =>
    granted(await stage.ask(inventorySync.attributeResource, { ...at, deployment_id, reason }));
  await attribute(other, 'it was theirs');
  await attribute(other, 'once more');
  await attribute(null, 'the contract ended');
  const { events } = granted(await stage.ask(inventorySync.getResource, { resource_id: dropletId(1) }));
  // A decision publishes the history from its instant on again, so several events have it.
  const reasons = events.flatMap(({ actor, details }) => (actor === 'op' ? [details?.['reason']] : []));
  expect([...new Set(reasons)]).toEqual(['the contract ended', 'it was theirs']);
});

test('many resources are attributed at once, each answered on its own, and those that inherit follow them', async () => {
  await using stage = await openStage(world, begin);
  await stage.deploy('shop', bound);
  await stage.deploy('other', { tenant_id: 'globex' });
  await stage.sweep(begin);
  stage.clock.set(Temporal.Instant.from('2026-04-02T00:00:00Z'));
  const { items } = granted(await stage.ask(inventorySync.listResources, { limit: 200 }));
  const droplets = items.filter(({ kind }) => kind === 'droplet').map(({ resource_id }) => resource_id);
  const nothing = deploymentId('nothing');
  const many = { resource_ids: [...droplets, nothing, droplets[0] ?? ''], reason: 'sold together' };
  const { results } = granted(
    await stage.ask(inventorySync.attributeResources, { ...many, deployment_id: deploymentId('other') }),
  );
  expect(results.map(({ resource_id, outcome }) => [resource_id, outcome])).toEqual([
    ...droplets.map((id) => [id, 'attributed']),
    [nothing, 'refused'],
  ]);
  expect(results.at(-1)?.refusal?.word).toBe('not-found');
  const after = granted(await stage.ask(inventorySync.listResources, { limit: 200 })).items;
  const ownersOf = (kind: string) =>
    after.filter((one) => one.kind === kind).map(({ owner }) => [owner.deployment_id, owner.attributed_by]);
  expect(ownersOf('droplet')).toEqual(droplets.map(() => [deploymentId('other'), 'hand']));
  const ofWeb = after.find(({ name }) => name === 'of-web');
  expect(ofWeb?.owner).toMatchObject({ deployment_id: deploymentId('other'), attributed_by: 'source' });

  // The same again publishes nothing.
  const published = (await stage.observed()).length;
  granted(await stage.ask(inventorySync.attributeResources, { ...many, deployment_id: deploymentId('other') }));
  await stage.running.settled();
  expect((await stage.observed()).length).toBe(published);
  expect(await stage.ask(inventorySync.attributeResources, { resource_ids: droplets })).toMatchObject({
    refused: 'invalid-attribution',
  });
});

test('a tenant gets its own resources and the same refusal for foreign and missing ones; an operator classifies projects', async () => {
  await using stage = await openStage(world, begin);
  await stage.deploy('shop', bound);
  await stage.deploy('other', { tenant_id: 'globex' });
  await createTenants(stage.nats, 'initech');
  await stage.sweep(begin);
  const globex = tenantActor('globex');
  const own = granted(await stage.ask(inventorySync.listResources, { limit: 1 }, globex));
  expect(own.items.map(({ name }) => name)).toEqual(['tagged']);
  const rest = granted(
    await stage.ask(inventorySync.listResources, { limit: 5, cursor: own.next_cursor ?? '' }, globex),
  );
  expect(rest.items.map(({ name }) => name)).toEqual(['own-tag']);
  const foreign = await stage.ask(inventorySync.getResource, { resource_id: dropletId(1) }, globex);
  const missing = await stage.ask(inventorySync.getResource, { resource_id: deploymentId('nothing') }, globex);
  expect(JSON.stringify(foreign).replace(dropletId(1), '')).toBe(
    JSON.stringify(missing).replace(deploymentId('nothing'), ''),
  );
  expect(await stage.ask(inventorySync.listResources, { cursor: 'bm8' })).toMatchObject({ refused: 'invalid-cursor' });

  // A resource of another tenant is visible from its transfer on, without its former owner.
  stage.clock.set(Temporal.Instant.from('2026-04-02T00:00:00Z'));
  granted(
    await stage.ask(inventorySync.attributeResource, {
      resource_id: dropletId(1),
      deployment_id: other,
      reason: 'sold',
    }),
  );
  const log = granted(await stage.ask(inventorySync.listResourceEvents, { resource_id: dropletId(1) }, globex)).items;
  expect(log.map(({ type, effective_at }) => [type, effective_at])).toEqual([['tagged', '2026-04-02T00:00:00Z']]);
  expect(log[0]?.changes['owner.tenant_id']).toEqual({ before: null, after: 'globex' });
  const sold = granted(await stage.ask(inventorySync.getResource, { resource_id: dropletId(1) }, globex));
  expect(sold.events).toEqual(log);
  expect(sold.owner.project_name).toBeNull();
  expect(JSON.stringify([sold, log])).not.toMatch(new RegExp(`acme|${shop}`));
  const whole = granted(await stage.ask(inventorySync.listResourceEvents, { resource_id: dropletId(1) })).items;
  expect(whole[0]?.changes['owner.tenant_id']).toEqual({ before: 'acme', after: 'globex' });

  const defaultProject = granted(await stage.ask(inventorySync.listProjects, {})).items.find(
    ({ is_default }) => is_default,
  );
  stage.clock.set(Temporal.Instant.from('2026-04-03T00:00:00Z'));
  granted(
    await stage.ask(inventorySync.updateProject, {
      project_id: defaultProject?.project_id ?? '',
      tenant_id: 'initech',
      purpose: 'tenant',
    }),
  );
  await stage.running.settled();
  const named = timeline(await stage.observed(), 'named').at(-1);
  expect(named).toMatchObject({
    effective_at: '2026-04-03T00:00:00Z',
    owner: { tenant_id: 'initech', deployment_id: null },
  });
  const internal = granted(
    await stage.ask(inventorySync.updateProject, {
      project_id: projectId('digitalocean', acme.id),
      purpose: 'internal',
    }),
  );
  expect(internal).toMatchObject({ is_internal: true, name: 'acme' });
  const internals = granted(await stage.ask(inventorySync.listProjects, {})).items.filter(
    ({ is_internal }) => is_internal,
  );
  expect(internals.map(({ name }) => name)).toEqual(['acme']);
});

test('attribution: a deployment that is bound later owns from then on, and an older revision of it changes nothing', async () => {
  await using stage = await openStage(world, begin);
  await stage.sweep(begin);
  stage.clock.set(Temporal.Instant.from('2026-04-05T00:00:00Z'));
  await stage.deploy('shop', { ...bound, revision: 2 });
  stage.clock.set(Temporal.Instant.from('2026-04-06T00:00:00Z'));
  await stage.deploy('shop', { revision: 1 });
  await stage.deploy('shop', { ...bound, revision: 2 });
  expect(owners(await stage.observed(), 'web')).toEqual([
    [created_at, null, 'project'],
    ['2026-04-05T00:00:00Z', shop, 'project'],
  ]);
});

test('projects and tags that the account does not have are found, with the near ones, once every listing is complete', async () => {
  const refused = { kind: 'refused', status: 403, from: '2026-04-10T00:30:00Z', match: { path: '/v2/volumes' } };
  await using stage = await openStage({ provider: { ...world.provider, faults: [refused] } }, begin);
  const check = async (projects: string[], tags: string[]) => {
    const named = projects.map((provider_project_id) => ({ provider: 'digitalocean', provider_project_id }));
    return granted(await stage.ask(inventorySync.checkBindings, { projects: named, tags })).missing;
  };
  const misspelt = acme.id.replace(/0$/, '1');
  expect(await check([misspelt], ['Team-Othr'])).toEqual([]);
  await stage.sweep(begin);
  expect(await check([acme.id], ['team-other', 'TEAM-OTHER', `deployment:${other}`])).toEqual([]);
  expect(await check([acme.id, misspelt, 'acmee', 'elsewhere'], ['team-othr', 'elsewhere'])).toMatchObject([
    { kind: 'project', name: misspelt, near: [acme.id] },
    { kind: 'project', name: 'acmee', near: [acme.id] },
    { kind: 'project', name: 'elsewhere', near: [], listed_at: begin },
    { kind: 'tag', name: 'team-othr', near: ['Team-Other'], listed_at: begin },
    { kind: 'tag', name: 'elsewhere', near: [] },
  ]);
  const strange = { provider: 'digitalocaen', provider_project_id: acme.id };
  expect(granted(await stage.ask(inventorySync.checkBindings, { projects: [strange], tags: [] })).missing).toEqual([
    { kind: 'provider', name: 'digitalocaen', near: ['digitalocean'], listed_at: null },
  ]);
  // A listing that is refused shows nothing to be absent.
  await stage.run('sync-volumes', '2026-04-10T01:00:00Z');
  expect(await check([misspelt], ['elsewhere'])).toMatchObject([{ kind: 'project', name: misspelt }]);
});
