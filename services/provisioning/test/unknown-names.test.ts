import { isRefusal, provisioning } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { openProviderStage, openStage } from './stage.ts';

const droplet = { name: 'web-9', region: 'syd1', size_slug: 's-1vcpu-1gb', image: 'ubuntu-24-04-x64' };
const unreadable = { kind: '500', match: { method: 'GET' } };

test('provisioning: a misspelt region, size or image is refused, naming the near ones, and no saga is started', async () => {
  await using at = await openProviderStage();
  const start = (inputs: Record<string, unknown>) =>
    at.request(provisioning.startSaga, { kind: 'provision_droplet', inputs });
  for (const [wrong, refused, near] of [
    [{ region: 'syd2' }, 'unknown-region', 'syd1'],
    [{ size_slug: 's-1vcpu-1gbb' }, 'unknown-size', 's-1vcpu-1gb'],
    [{ image: 'unbuntu-24-04-x64' }, 'unknown-image', 'ubuntu-24-04-x64'],
  ] as const) {
    const answer = await start({ ...droplet, ...wrong });
    expect(answer).toMatchObject({ refused, near: expect.arrayContaining([near]) });
  }
  expect((await at.reply(provisioning.listSagas, {})).items).toEqual([]);
  expect(isRefusal(await start(droplet))).toBe(false);
});

test('provisioning: while the provider does not answer, the names of a request are not compared with its lists', async () => {
  await using at = await openProviderStage([unreadable]);
  const started = await at.request(provisioning.startSaga, {
    kind: 'provision_droplet',
    inputs: { ...droplet, region: 'syd2' },
  });
  expect(isRefusal(started)).toBe(false);
  const created = await at.request(provisioning.createDeployment, { tenant_id: 'acme', slug: 'shop', region: 'syd2' });
  expect(isRefusal(created)).toBe(false);
});

test('provisioning: a deployment names a region that the provider offers, and a template of the list if there is one', async () => {
  await using at = await openProviderStage([], { ARCADIA_WRITE: '1', DEPLOYMENT_TEMPLATES: 'studio, shop' });
  const create = (slug: string, fields: object) =>
    at.request(provisioning.createDeployment, { tenant_id: 'acme', slug, ...fields });
  expect(await create('a', { region: 'sid1' })).toMatchObject({ refused: 'unknown-region', near: ['syd1', 'sgp1'] });
  expect(await create('b', { template_code: 'studoi' })).toMatchObject({
    refused: 'unknown-template',
    near: ['studio'],
  });
  expect(isRefusal(await create('c', { region: 'syd1', template_code: 'shop' }))).toBe(false);
  await using without = await openStage();
  expect(
    isRefusal(
      await without.request(provisioning.createDeployment, { tenant_id: 'acme', slug: 'd', template_code: 'any' }),
    ),
  ).toBe(false);
});
