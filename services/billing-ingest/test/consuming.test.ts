import { inventorySync, metering } from '@arcadia/contracts';
import { publishEvent, publishRaw } from '@arcadia/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accrued, acmeDeployment, deployed, nobody, observed, ownedBy, type Stage, stage } from './stage.ts';

let scene: Stage;
beforeAll(async () => {
  scene = await stage({ world: { name: 'hearing', period: '2026-04', provider: {} } });
}, 60_000);
afterAll(() => scene[Symbol.asyncDispose]());

const statesOf = async (id: string) => {
  const { rows } = await sql<{ name: string; revision: number; deployment_id: string | null }>`
    SELECT name, revision, deployment_id FROM resource_states WHERE resource_id = ${id} ORDER BY effective_at`.execute(
    scene.billing.context.db,
  );
  return rows;
};

const deadLetters = async () => {
  const { rows } = await sql<{ count: string }>`SELECT count(*) AS count FROM events WHERE stream = 'DEAD'`.execute(
    scene.billing.context.db,
  );
  return Number(rows[0]?.count);
};

test('states fold by revision whatever the order, and a duplicate changes nothing', async () => {
  const droplet = { kind: 'droplet', provider_id: '7' };
  const first = observed({ ...droplet, name: 'one' });
  const corrected = observed({ ...droplet, name: 'two', revision: 2, owner: ownedBy('acme', acmeDeployment) });
  const later = observed({
    ...droplet,
    name: 'three',
    revision: 3,
    effective_at: '2026-04-02T00:00:00Z',
    owner: nobody,
  });
  await scene.observe(later);
  await scene.observe(corrected);
  await scene.observe(first);
  await publishEventAgain(first, corrected, later);
  expect(await statesOf(first.resource_id)).toEqual([
    { name: 'two', revision: 2, deployment_id: acmeDeployment },
    { name: 'three', revision: 3, deployment_id: null },
  ]);
});

const publishEventAgain = async (...states: ReturnType<typeof observed>[]) => {
  for (const [index, state] of states.entries()) {
    await publishEvent(scene.nats, inventorySync.resourceObserved, state, {
      headers: { 'Nats-Msg-Id': `again-${index}` },
    });
  }
  await scene.billing.settled();
};

test('a poison message is parked and its neighbours are kept', async () => {
  const before = await deadLetters();
  const good = observed({ kind: 'volume', provider_id: 'good' });
  await publishRaw(scene.nats, {
    subject: `resource.observed.digitalocean.volume.${good.resource_id}`,
    payload: '{"resource_id": 12}',
    headers: {
      'Nats-Msg-Id': 'poison',
      'ce-id': 'poison',
      'ce-type': 'resource.observed',
      'ce-dataversion': '1',
      'ce-time': '2026-04-01T00:00:00Z',
    },
  });
  await scene.observe(good);
  expect(await statesOf(good.resource_id)).toHaveLength(1);
  await expect.poll(deadLetters, { timeout: 20_000 }).toBe(before + 1);
}, 60_000);

test('deployments: the highest revision says whose it is, whatever the order', async () => {
  await scene.deploy(deployed('globex', acmeDeployment, { revision: 2 }), deployed('acme', acmeDeployment));
  await scene.deploy(deployed('acme', acmeDeployment));
  const { db } = scene.billing.context;
  expect(await db.selectFrom('deployments').selectAll().execute()).toEqual([
    { deployment_id: acmeDeployment, tenant_id: 'globex', revision: 2 },
  ]);
});

test('metered usage: the highest revision replaces the whole message, lines it no longer holds are gone', async () => {
  const line = (resource_id: string, unit_seconds: string) => ({
    resource_id,
    kind: 'droplet_hours',
    unit_seconds,
    divisor: '3600',
    observations: [1],
  });
  const [a, b] = ['a', 'b'].map((id) => observed({ kind: 'droplet', provider_id: id }).resource_id);
  const second = accrued({ revision: 2, lines: [line(a ?? '', '3600')] });
  const first = accrued({ revision: 1, lines: [line(a ?? '', '7200'), line(b ?? '', '60')] });
  await publishEvent(scene.nats, metering.usageAccrued, second);
  await scene.billing.settled();
  await publishEvent(scene.nats, metering.usageAccrued, first);
  await publishEvent(scene.nats, metering.usageAccrued, second, { headers: { 'Nats-Msg-Id': 'second-again' } });
  await scene.billing.settled();
  const kept = async () =>
    (
      await sql<{
        resource_id: string;
        unit_seconds: string;
      }>`SELECT resource_id, unit_seconds FROM metered_lines`.execute(scene.billing.context.db)
    ).rows;
  expect(await kept()).toEqual([{ resource_id: a, unit_seconds: '3600' }]);
  await publishEvent(scene.nats, metering.usageAccrued, accrued({ revision: 3, lines: [] }));
  await scene.billing.settled();
  expect(await kept()).toEqual([]);
});
