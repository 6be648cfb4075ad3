import { drift, inventorySync, nameUuid, resourceId } from '@arcadia/contracts';
import { publishEvent, startTestService, tableRows } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { captures } from '../src/captures.ts';
import { service } from '../src/index.ts';
import { deploymentId, granted, openStage } from './stage.ts';

const begin = '2026-03-31T23:00:00Z';
const created_at = '2026-02-01T00:00:00Z';
const acme = { id: '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10', name: 'acme', created_at };
// The fourth is discovered after the backup, unowned, and attributed by hand.
const late = { id: 4, name: 'late', created_at: '2026-04-01T12:00:00Z' };
const droplets = [1, 2, 3].map((id) => ({
  ...{ id, name: `web-${id}`, project: 'acme', created_at },
  changes: id === 1 ? [{ at: '2026-04-02T00:00:00Z', tags: ['moved'] }] : [],
}));
// Half of them are deleted at once, which parks the sweep that misses them.
const domains = Array.from({ length: 24 }, (_, index) => ({
  ...{ name: `zone-${index}.example`, created_at },
  ...(index < 12 ? {} : { destroyed_at: '2026-04-03T00:00:00Z' }),
}));
const nameOf = (captured: (typeof captures)[number]) => (typeof captured === 'string' ? captured : captured.table);
/** What is not restored: when a resource was last seen, and when an entry was written; and jobs of services under test have no causes that repeat. */
const comparable: Record<string, { table: string; except: string[] } | []> = {
  job_runs: [],
  cloud_projects: { table: 'cloud_projects', except: ['last_seen_at', 'last_sweep'] },
  cloud_resources: { table: 'cloud_resources', except: ['last_seen_at', 'last_sweep', 'observed_at'] },
  cloud_resource_events: { table: 'cloud_resource_events', except: ['recorded_at'] },
  project_members: { table: 'project_members', except: ['last_sweep'] },
};
const dropletId = (id: number) => resourceId('digitalocean', 'droplet', String(id));

test('after a set-back the inventory is what it was, and a listing of the same account publishes nothing and deletes nothing', async () => {
  await using on = await openStage({ provider: { projects: [acme], droplets: [...droplets, late], domains } }, begin);
  const bound = { project_bindings: [{ provider: 'digitalocean', provider_project_id: acme.id }] };
  await on.deploy('shop', bound);
  await on.sweep(begin);
  const backup = await on.database.snapshot();
  await expect.poll(async () => (await on.running.health()).facts['relay']?.ok).toBe(true);

  await on.deploy('other', { tenant_id: 'globex', tag_bindings: ['moved'] });
  await on.sweep('2026-04-02T00:00:00Z');
  for (const id of [2, 4])
    granted(
      await on.ask(inventorySync.attributeResource, {
        ...{ resource_id: dropletId(id), deployment_id: deploymentId('other'), reason: 'it was theirs' },
        effective_at: id === 2 ? '2026-04-01T00:00:00Z' : '2026-04-01T18:00:00Z',
      }),
    );
  await publishEvent(on.nats, drift.driftDetected, {
    ...{
      drift_id: nameUuid('drift', '3'),
      resource_id: dropletId(3),
      deployment_id: null,
      tenant_id: null,
      kind: 'field',
    },
    ...{ field: 'size_slug', expected: 's-1vcpu-1gb', actual: 's-2vcpu-2gb', spec_version: 1, revision: 1 },
    detected_at: '2026-04-02T01:00:00Z',
  });
  await on.running.settled();
  await on.run('sync-dns-zones', '2026-04-04T00:00:00Z');
  const state = async (running: typeof on.running) => ({
    rows: await tableRows(
      running.context.db,
      captures.flatMap((captured) => comparable[nameOf(captured)] ?? nameOf(captured)),
    ),
    observed: (await on.observed()).length,
  });
  const before = await state(on.running);
  expect(before.rows['sweeps']?.some((row) => row.includes('"parked"'))).toBe(true);
  expect(before.rows['cloud_resource_events']?.filter((row) => row.includes('drift_detected'))).toHaveLength(1);
  await on.running.stop();
  await backup.setBack();

  const env = { DIGITALOCEAN_API_URL: on.simulator.url, DIGITALOCEAN_TOKEN: 'dop_v1_canary' };
  const { database, nats, clock } = on;
  await using restored = await startTestService(service, { database, nats, clock, env });
  await restored.settled();
  expect(await state(restored)).toEqual(before);

  // A revision that was published is not used again: the same account shows nothing new, and a change gets the next one.
  for (const job of ['sync-projects', 'sync-droplets']) await restored.runJob(job, '2026-04-04T00:10:00Z', {});
  await restored.settled();
  expect((await on.observed()).length).toBe(before.observed);
  granted(
    await on.ask(inventorySync.attributeResource, {
      resource_id: dropletId(2),
      automatic: true,
      effective_at: '2026-04-03T12:00:00Z',
    }),
  );
  await restored.settled();
  const revisions = (await on.observed())
    .filter(({ resource_id }) => resource_id === dropletId(2))
    .map(({ revision }) => revision);
  expect(revisions).toEqual(revisions.map((_, index) => index + 1));

  // The parked sweep that was restored is confirmed, and only the zones that it missed are deleted.
  const row = before.rows['sweeps']?.find((each) => each.includes('"parked"')) ?? '{}';
  const { sweep_id } = JSON.parse(row) as { sweep_id: string };
  granted(await on.ask(inventorySync.confirmSweep, { sweep_id }));
  await restored.settled();
  const deleted = (await on.observed()).filter(({ cause }) => cause === 'deleted');
  expect(new Set(deleted.map(({ name }) => name))).toEqual(new Set(domains.slice(12).map(({ name }) => name)));
}, 60_000);
