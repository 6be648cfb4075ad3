import { type EventData, type inventorySync, provisioning, resourceId } from '@arcadia/contracts';
import { describe, expect, it } from 'vitest';
import { type Faults, observe, openProviderStage, type ProviderStage, powerOf, runSaga, worker } from './stage.ts';

const creations = { method: 'POST', path: '^/v2/droplets$' };
const hour = 3_600;
/** The first creation is answered with 500, and takes effect an hour later. */
const late: Faults = [{ kind: '500-before-effect', seconds: hour, match: creations, times: 1 }];
/** After that, the saga cannot create its droplet, and is undone. */
const undone: Faults = [...late, { kind: '500', status: 403, match: creations }];
const projects = [{ name: 'Default', is_default: true }, { name: 'acme' }, { name: 'other' }];

/** Runs the search at so many minutes after the beginning of April. */
const searchAt = async (stage: ProviderStage, minutes: number): Promise<void> => {
  const at = Temporal.Instant.from('2026-04-01T00:00:00Z').add({ minutes });
  stage.clock.set(at);
  await stage.running.runJob('remove-orphans', at.toString());
  await stage.running.settled();
};

const droplets = async ({ simulator }: ProviderStage, sagaId: string): Promise<number[]> => {
  const url = `${simulator.url}/v2/droplets?tag_name=arcadia-saga:${sagaId}`;
  const reply = await fetch(url, { headers: { authorization: 'Bearer token' } });
  return ((await reply.json()) as { droplets: { id: number }[] }).droplets.map(({ id }) => id);
};

const orphansOf = async (stage: ProviderStage, saga_id: string) =>
  (await stage.reply(provisioning.getSaga, { saga_id })).orphans;

const write = async ({ simulator }: ProviderStage, path: string, body: object): Promise<void> => {
  const reply = await fetch(`${simulator.url}/v2${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer token', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(reply.ok).toBe(true);
};

/** A saga that was undone, and its droplet that appeared an hour after that. */
const lateDroplet = async (stage: ProviderStage) => {
  const { saga_id, status } = await runSaga(stage, 'provision_droplet', worker);
  expect(status).toBe('rolled_back');
  await searchAt(stage, 5);
  expect(await orphansOf(stage, saga_id)).toEqual([]);
  stage.clock.set(Temporal.Instant.from('2026-04-01T01:30:00Z'));
  const [number = 0] = await droplets(stage, saga_id);
  return { saga_id, number };
};

describe('provisioning: a droplet that appears after the end of its saga', () => {
  it('the twin of a droplet that was handed over is removed, and the droplet stays', async () => {
    await using stage = await openProviderStage(late, undefined, { provider: { projects } });
    const saga = await runSaga(stage, 'provision_droplet', worker);
    expect(saga).toMatchObject({ status: 'completed', orphans: [] });
    await searchAt(stage, 61);
    const kept = Number(saga.context['droplet_id']);
    expect(await droplets(stage, saga.saga_id)).toEqual([kept]);
    expect(await powerOf(stage.simulator, kept)).toBe('s-1vcpu-1gb active');
    expect(await orphansOf(stage, saga.saga_id)).toMatchObject([
      { kind: 'droplet', name: 'worker-1', removed_at: '2026-04-01T01:01:00Z', kept_because: null },
    ]);
  });

  it('the droplet of a saga that was undone is removed, and is searched for a day', async () => {
    await using stage = await openProviderStage(
      [{ kind: '500-before-effect', seconds: 23 * hour, match: creations, times: 1 }, ...undone.slice(1)],
      undefined,
      { provider: { projects } },
    );
    const { saga_id, status } = await runSaga(stage, 'provision_droplet', worker);
    expect(status).toBe('rolled_back');
    const lists = () => stage.simulator.requests.filter(({ path }) => path.includes('tag_name')).length;
    const before = lists();
    for (let minutes = 5; minutes <= 24 * 60; minutes += 65) await searchAt(stage, minutes);
    expect(lists() - before).toBeLessThan(9);
    await searchAt(stage, 24 * 60 + 1);
    expect(await droplets(stage, saga_id)).toEqual([]);
    expect(await orphansOf(stage, saga_id)).toMatchObject([{ removed_at: '2026-04-02T00:01:00Z' }]);
    const after = lists();
    await searchAt(stage, 48 * 60);
    expect(lists()).toBe(after);
  });

  it('a droplet that inventory attributes by a requested tag is removed all the same: the tenant did not request two', async () => {
    await using stage = await openProviderStage(undone, undefined, { provider: { projects } });
    const { saga_id, number } = await lateDroplet(stage);
    const owner = { tenant_id: 'acme', deployment_id: saga_id, project_id: null, attributed_by: 'tag' };
    await observe(stage, number, { name: 'worker-1', owner });
    await searchAt(stage, 90);
    expect(await powerOf(stage.simulator, number)).toBe('gone');
  });

  it('a deletion that the provider refuses for the present is repeated by the next run', async () => {
    const refused = { kind: 'refused', match: { method: 'DELETE', path: '^/v2/droplets/' }, times: 1 };
    await using stage = await openProviderStage([refused, ...undone], undefined, { provider: { projects } });
    const { saga_id, number } = await lateDroplet(stage);
    await searchAt(stage, 90);
    expect(await orphansOf(stage, saga_id)).toMatchObject([{ removed_at: null, kept_because: null }]);
    await searchAt(stage, 95);
    expect(await powerOf(stage.simulator, number)).toBe('gone');
    expect(await orphansOf(stage, saga_id)).toMatchObject([{ removed_at: '2026-04-01T01:35:00Z' }]);
  });

  it('a search that fails is repeated by the next run', async () => {
    const failing = {
      kind: '500',
      match: { path: 'tag_name=' },
      from: '2026-04-01T01:29:00Z',
      until: '2026-04-01T01:34:00Z',
    };
    const env = { ARCADIA_WRITE: '1', DIGITALOCEAN_BACKOFF_MS: '1' };
    await using stage = await openProviderStage([...undone, failing], env, { provider: { projects } });
    const { saga_id, status } = await runSaga(stage, 'provision_droplet', worker);
    expect(status).toBe('rolled_back');
    await searchAt(stage, 90);
    expect(await orphansOf(stage, saga_id)).toEqual([]);
    await searchAt(stage, 95);
    expect(await orphansOf(stage, saga_id)).toMatchObject([{ removed_at: '2026-04-01T01:35:00Z' }]);
  });
});

describe('provisioning: a droplet with the tag of a saga that is kept', () => {
  const by = (attributed_by: EventData<typeof inventorySync.resourceObserved>['owner']['attributed_by']) => ({
    tenant_id: 'acme',
    deployment_id: '11111111-1111-4111-8111-111111111111',
    project_id: null,
    attributed_by,
  });
  const claims: [string, (stage: ProviderStage, number: number) => Promise<void>, RegExp][] = [
    ['attributed by hand', (stage, number) => observe(stage, number, { owner: by('hand') }), /by hand/],
    [
      'with a desired state',
      async (stage, number) => {
        await observe(stage, number);
        const resource_id = resourceId('digitalocean', 'droplet', String(number));
        await stage.reply(provisioning.setDesiredState, { resource_id, spec: { region: 'syd1' } });
      },
      /desired state/,
    ],
    [
      'with a tag of another',
      (stage, number) =>
        write(stage, '/tags', { name: 'mine' }).then(() =>
          write(stage, '/tags/mine/resources', {
            resources: [{ resource_id: String(number), resource_type: 'droplet' }],
          }),
        ),
      /tags mine/,
    ],
    [
      'in a project',
      async (stage, number) => {
        const reply = await fetch(`${stage.simulator.url}/v2/projects`, { headers: { authorization: 'Bearer token' } });
        const { projects } = (await reply.json()) as { projects: { id: string; name: string }[] };
        const other = projects.find(({ name }) => name === 'other')?.id ?? '';
        await write(stage, `/projects/${other}/resources`, { resources: [`do:droplet:${number}`] });
      },
      /project/,
    ],
    [
      'with another name',
      (stage, number) => write(stage, `/droplets/${number}/actions`, { type: 'rename', name: 'shop-db' }),
      /shop-db/,
    ],
  ];
  it.each(claims)('a droplet %s is not removed, and the saga shows why', async (_, claim, reason) => {
    await using stage = await openProviderStage(undone, undefined, { provider: { projects } });
    const { saga_id, number } = await lateDroplet(stage);
    await claim(stage, number);
    for (const minutes of [90, 300, 1_500]) await searchAt(stage, minutes);
    expect(await powerOf(stage.simulator, number)).not.toBe('gone');
    expect(await orphansOf(stage, saga_id)).toMatchObject([
      { provider_id: String(number), removed_at: null, kept_because: expect.stringMatching(reason) },
    ]);
  });

  it('a tag of a saga on a droplet that is older than the saga removes nothing', async () => {
    await using stage = await openProviderStage([], undefined, {
      provider: { projects, droplets: [{ id: 201, name: 'worker-1', size: 's-1vcpu-1gb' }] },
    });
    const { saga_id } = await runSaga(stage, 'provision_droplet', worker);
    await write(stage, `/tags/arcadia-saga:${saga_id}/resources`, {
      resources: [{ resource_id: '201', resource_type: 'droplet' }],
    });
    await searchAt(stage, 10);
    expect(await powerOf(stage.simulator, 201)).toBe('s-1vcpu-1gb active');
    expect(await orphansOf(stage, saga_id)).toMatchObject([{ kept_because: expect.stringMatching(/older/) }]);
  });
});

describe('provisioning: a final snapshot that appears after its offboarding was undone', () => {
  it('the snapshot is removed while its droplet exists', async () => {
    const actions = { method: 'POST', path: '^/v2/droplets/101/actions$' };
    await using stage = await openProviderStage([
      { kind: '500-before-effect', seconds: hour, match: actions, times: 1 },
      { kind: '500', status: 403, match: actions },
    ]);
    const { deployment_id } = await stage.reply(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop' });
    const owner = { tenant_id: 'acme', deployment_id, project_id: null, attributed_by: 'hand' };
    await observe(stage, 101, { owner });
    const saga = await runSaga(stage, 'offboard', { deployment_id, confirm: 'shop', final_snapshot: true });
    expect(saga.status).toBe('rolled_back');
    const snapshots = () =>
      stage.simulator.snapshot().objects.filter(({ kind, destroyedAt }) => kind === 'snapshot' && destroyedAt === null);
    await searchAt(stage, 70);
    await searchAt(stage, 200);
    expect(snapshots()).toEqual([]);
    expect(await orphansOf(stage, saga.saga_id)).toMatchObject([{ kind: 'snapshot', removed_at: expect.any(String) }]);
  });
});
