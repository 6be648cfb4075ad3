import { drift, type EventData, inventorySync, nameUuid, resourceId } from '@arcadia/contracts';
import { publishEvent, publishRaw } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { deploymentId, granted, openStage, timeline } from './stage.ts';

const begin = '2026-03-31T23:00:00Z';
const created_at = '2026-02-01T00:00:00Z';
const acme = { id: '3d5b9c1e-7f42-4c1a-9e0b-5a6d8c2f1a10', name: 'acme', created_at };
const world = { provider: { projects: [acme], droplets: [{ id: 1, name: 'web', project: 'acme', created_at }] } };
const web = resourceId('digitalocean', 'droplet', '1');

const found = (name: string): EventData<typeof drift.driftDetected> => ({
  drift_id: nameUuid('drift', name),
  resource_id: web,
  deployment_id: null,
  tenant_id: null,
  kind: 'field',
  field: name,
  expected: 's-1vcpu-1gb',
  actual: 's-2vcpu-2gb',
  spec_version: 1,
  revision: 1,
  detected_at: '2026-04-01T00:20:00Z',
});

test('drift delivered twice is one entry in the log of its resource, in order with the published entries', async () => {
  await using stage = await openStage(world, begin);
  await stage.sweep(begin);
  await publishEvent(stage.nats, drift.driftDetected, [found('size_slug'), found('region')]);
  await publishEvent(stage.nats, drift.driftDetected, found('size_slug'), { headers: { 'Nats-Msg-Id': 'again' } });
  await publishEvent(stage.nats, drift.driftDetected, { ...found('lost'), resource_id: nameUuid('never', 'seen') });
  await stage.running.settled();
  await stage.deploy('shop', { project_bindings: [{ provider: 'digitalocean', provider_project_id: acme.id }] });
  const shown = granted(await stage.ask(inventorySync.getResource, { resource_id: web }));
  expect(shown.events.map(({ entry, type, revision }) => [entry, type, revision])).toEqual([
    [4, 'tagged', 2],
    [3, 'drift_detected', null],
    [2, 'drift_detected', null],
    [1, 'discovered', 1],
  ]);
  const page = granted(await stage.ask(inventorySync.listResourceEvents, { resource_id: web, limit: 3 }));
  const rest = granted(
    await stage.ask(inventorySync.listResourceEvents, { resource_id: web, limit: 3, cursor: page.next_cursor ?? '' }),
  );
  expect([...page.items, ...rest.items]).toEqual(shown.events);
  expect(rest.next_cursor).toBeNull();
});

test('an unreadable message is parked and its neighbours are consumed', async () => {
  await using stage = await openStage(world, begin);
  await stage.sweep(begin);
  await stage.deploy('first');
  await publishRaw(stage.nats, {
    subject: `deployment.changed.acme.${deploymentId('broken')}`,
    payload: '{"deployment_id":"none"}',
    headers: {
      'ce-type': 'deployment.changed',
      'ce-id': nameUuid('broken'),
      'ce-dataversion': '1',
      'ce-time': begin,
      'ce-specversion': '1.0',
      'ce-source': '/services/provisioning',
    },
  });
  await stage.deploy('shop', { project_bindings: [{ provider: 'digitalocean', provider_project_id: acme.id }] });
  await stage.running.settled(20_000);
  expect(timeline(await stage.observed(), 'web').at(-1)?.owner.deployment_id).toBe(deploymentId('shop'));
});
