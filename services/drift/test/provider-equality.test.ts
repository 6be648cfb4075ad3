import { afterAll, beforeAll, expect, it } from 'vitest';
import { observed, openStage, provisioned } from './stage.ts';

let stage: Awaited<ReturnType<typeof openStage>>;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage[Symbol.asyncDispose]());

/** A droplet whose image is shown as given. */
const withImage = (number: number, image: string | null, image_id: number, revision = 1) =>
  observed(number, {
    revision,
    effective_at: `2026-04-01T0${revision}:00:00Z`,
    attrs: { size_slug: 's-1vcpu-1gb', image, image_id },
  });
const desired = (number: number, image: string) => provisioned(number, { spec: { image } });

it('drift: tags that differ only in letter case are the same, others are not', async () => {
  await stage.provision(
    provisioned(1, { spec: { tags: ['Customer-Acme', 'web'] } }),
    provisioned(2, { spec: { tags: ['Customer-Acme', 'db'] } }),
    provisioned(3, { spec: { note: 'Web' } }),
  );
  const attrs = { tags: ['WEB', 'customer-acme'], note: 'web' };
  await stage.observe(observed(1, { attrs }), observed(2, { attrs }), observed(3, { attrs }));
  expect(await stage.rows(1)).toEqual([]);
  expect(await stage.rows(2)).toMatchObject([{ field: 'tags' }]);
  expect(await stage.rows(3)).toMatchObject([{ field: 'note' }]);
});

it('drift: an image slug that moves on to a newer image is no drift, a rebuild with another image is', async () => {
  await stage.provision(desired(11, 'ubuntu-24-04-x64'), desired(12, 'ubuntu-24-04-x64'), desired(13, '155133621'));
  await stage.observe(
    withImage(11, 'ubuntu-24-04-x64', 155_133_621),
    withImage(12, 'ubuntu-24-04-x64', 155_133_621),
    withImage(13, 'ubuntu-24-04-x64', 155_133_621),
  );
  // The slug now names a newer image, and the provider shows the older one by its name.
  await stage.observe(
    withImage(11, '24.04 (LTS) x64', 155_133_621, 2),
    withImage(12, 'debian-12-x64', 160_000_000, 2),
    withImage(13, '24.04 (LTS) x64', 155_133_621, 2),
    withImage(14, 'ubuntu-24-04-x64', 170_000_000),
  );
  expect(await stage.rows(11)).toEqual([]);
  expect(await stage.rows(12)).toMatchObject([{ field: 'image', actual: 'debian-12-x64' }]);
  expect(await stage.rows(13)).toEqual([]);
  // A droplet rebuilt with the newer image is as desired too.
  await stage.observe(withImage(11, '24.04 (LTS) x64 v2', 170_000_000, 3));
  expect(await stage.rows(11)).toEqual([]);
});
