import { inventorySync, resourceId } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { deploymentId, granted, type Observation, openStage, timeline } from './stage.ts';

const begin = '2026-03-31T23:00:00Z';
const created_at = '2026-02-01T00:00:00Z';
const shop = deploymentId('shop');
const other = deploymentId('other');
const web = resourceId('digitalocean', 'droplet', '1');
const owners = (observed: readonly Observation[], name: string) =>
  timeline(observed, name).map((one) => [one.effective_at, one.owner.deployment_id, one.owner.attributed_by]);

test('attribution: a tag that names a deployment in any letter case binds as soon as the deployment exists', async () => {
  const droplets = [
    { id: 1, name: 'web', tags: [`deployment:${shop}`], created_at },
    { id: 2, name: 'loud', tags: [`Deployment:${shop.toUpperCase()}`], created_at },
    { id: 3, name: 'vague', tags: ['deployment:shop', 'deployment:', `deployment:${shop}-2`], created_at },
  ];
  const snapshots = [{ id: '71', name: 'of-web', droplet: 'web', size_gigabytes: '5', created_at }];
  await using stage = await openStage({ provider: { droplets, snapshots } }, begin);
  await stage.sweep(begin);
  expect((await stage.observed()).every(({ owner }) => owner.deployment_id === null)).toBe(true);

  const later = '2026-04-05T10:00:00Z';
  stage.clock.set(Temporal.Instant.from(later));
  await stage.deploy('shop', { created_at: '2026-04-05T09:59:00Z' });
  const observed = await stage.observed();
  for (const name of ['web', 'loud']) expect(owners(observed, name).at(-1)).toEqual([later, shop, 'tag']);
  expect(owners(observed, 'of-web').at(-1)).toEqual([later, shop, 'source']);
  expect(owners(observed, 'vague').at(-1)?.[1]).toBeNull();
  await stage.sweep('2026-04-05T10:15:00Z');
  expect(await stage.observed()).toHaveLength(observed.length);
});

test('attribution: after a revoked attribution by hand the rules decide, also for the resources that inherit', async () => {
  const droplets = [{ id: 1, name: 'web', tags: [`deployment:${shop}`], created_at }];
  const snapshots = [{ id: '71', name: 'of-web', droplet: 'web', size_gigabytes: '5', created_at }];
  await using stage = await openStage({ provider: { droplets, snapshots } }, begin);
  for (const name of ['shop', 'other']) await stage.deploy(name);
  await stage.sweep(begin);
  const before = await stage.observed();
  stage.clock.set(Temporal.Instant.from('2026-04-20T00:00:00Z'));
  const attribute = (input: object) => stage.ask(inventorySync.attributeResource, { resource_id: web, ...input });
  const at = '2026-04-10T00:00:00Z';
  granted(await attribute({ deployment_id: other, effective_at: at }));
  const shown = granted(await attribute({ deployment_id: null, effective_at: '2026-04-15T00:00:00Z' }));
  expect(shown.owner).toMatchObject({ deployment_id: null, attributed_by: 'hand' });
  const meanwhile = await stage.observed();
  expect(owners(meanwhile, 'web').slice(-2)).toEqual([
    [at, other, 'hand'],
    ['2026-04-15T00:00:00Z', null, 'hand'],
  ]);
  granted(await attribute({ automatic: true, effective_at: '2026-04-15T00:00:00Z' }));
  granted(await attribute({ automatic: true, effective_at: at }));
  await stage.running.settled();

  const after = await stage.observed();
  for (const name of ['web', 'of-web']) {
    const by = name === 'web' ? 'tag' : 'source';
    expect(owners(after, name)).toEqual([...owners(before, name), [at, shop, by], ['2026-04-15T00:00:00Z', shop, by]]);
  }
  await stage.sweep('2026-04-20T00:15:00Z');
  expect(await stage.observed()).toHaveLength(after.length);
  expect(await stage.logged()).toEqual(
    after
      .map(({ resource_id, revision, effective_at, is_present, cause }) => ({
        resource_id,
        revision,
        effective_at,
        is_present,
        cause,
      }))
      .toSorted((a, b) =>
        a.resource_id === b.resource_id ? a.revision - b.revision : a.resource_id < b.resource_id ? -1 : 1,
      ),
  );
});
