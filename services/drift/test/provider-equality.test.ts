import { inventorySync } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
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

/** A droplet of a size, with the shape that the provider shows for it. */
const sized = (number: number, size_slug: string, shape = { vcpus: 1, memory_mb: 1024, disk_gb: 25 }, revision = 1) =>
  observed(number, {
    revision,
    effective_at: `2026-04-01T1${revision}:00:00Z`,
    attrs: { size_slug, ...shape },
  });
const wanted = (number: number, size_slug: string) => provisioned(number, { spec: { size_slug } });

it('drift: a size that the provider renamed is no drift, a resize and a size that is still in use are', async () => {
  const larger = { vcpus: 1, memory_mb: 2048, disk_gb: 50 };
  await stage.provision(...[21, 22, 23, 24].map((number) => wanted(number, '1gb')), wanted(25, 'old-amd'));
  await stage.observe(...[21, 22, 23, 24].map((number) => sized(number, '1gb')), sized(25, 'old-amd'));
  // One droplet has the new name before the others: the old one is still in use.
  await stage.observe(sized(21, 's-1vcpu-1gb', undefined, 2));
  expect(await stage.rows(21)).toMatchObject([{ field: 'size_slug', actual: 's-1vcpu-1gb' }]);
  await stage.observe(sized(22, 's-1vcpu-1gb', undefined, 2), sized(23, 's-1vcpu-2gb', larger, 2));
  await stage.observe(sized(24, 's-1vcpu-1gb', undefined, 2), sized(25, 'new-intel', undefined, 2));
  await stage.sweep('2026-04-01T15:20:00Z');
  expect(await stage.rows(21)).toEqual([]);
  expect(await stage.rows(22)).toEqual([]);
  expect(await stage.rows(23)).toMatchObject([{ field: 'size_slug', actual: 's-1vcpu-2gb' }]);
  expect(await stage.rows(24)).toEqual([]);
  expect(await stage.rows(25)).toMatchObject([{ field: 'size_slug', actual: 'new-intel' }]);
  // Another price is another product, whatever its shape.
  const at = { effective_at: '2026-04-01T00:00:00Z', observed_at: '2026-04-01T00:00:00Z' };
  const price = { provider: 'digitalocean', price_hourly: '0.01', currency: 'USD', ...at };
  await publishEvent(stage.nats, inventorySync.priceObserved, [
    { ...price, size_slug: '1gb', price_monthly: '5' },
    { ...price, size_slug: 's-1vcpu-1gb', price_monthly: '6' },
  ]);
  await stage.running.settled();
  await stage.sweep('2026-04-01T16:20:00Z');
  expect(await stage.rows(21)).toMatchObject([{ field: 'size_slug', expected: '1gb' }]);
});
