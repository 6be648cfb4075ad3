import { inventorySync, metering } from '@arcadia/contracts';
import { publishEvent, publishRaw } from '@arcadia/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { accrued, acmeDeployment, deployed, observed, openStage, ownedBy, type Stage, unowned } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ world: { name: 'consuming', period: '2026-04', provider: {} } });
}, 60_000);
afterAll(() => stage[Symbol.asyncDispose]());

const statesOf = async (id: string) => {
  const { rows } = await sql<{ name: string; revision: number; deployment_id: string | null }>`
    SELECT name, revision, deployment_id FROM resource_states WHERE resource_id = ${id} ORDER BY effective_at`.execute(
    stage.billing.context.db,
  );
  return rows;
};

const deadLetters = async () => {
  const { rows } = await sql<{ count: string }>`SELECT count(*) AS count FROM events WHERE stream = 'DEAD'`.execute(
    stage.billing.context.db,
  );
  return Number(rows[0]?.count);
};

test('billing-ingest: of two states of one instant the higher revision stays, whatever the order, and a duplicate changes nothing', async () => {
  const droplet = { kind: 'droplet', provider_id: '7' };
  const first = observed({ ...droplet, name: 'one' });
  const corrected = observed({ ...droplet, name: 'two', revision: 2, owner: ownedBy('acme', acmeDeployment) });
  const later = observed({
    ...droplet,
    name: 'three',
    revision: 3,
    effective_at: '2026-04-02T00:00:00Z',
    owner: unowned,
  });
  await stage.observe(later);
  await stage.observe(corrected);
  await stage.observe(first);
  await publishEventAgain(first, corrected, later);
  expect(await statesOf(first.resource_id)).toEqual([
    { name: 'two', revision: 2, deployment_id: acmeDeployment },
    { name: 'three', revision: 3, deployment_id: null },
  ]);
});

const publishEventAgain = async (...states: ReturnType<typeof observed>[]) => {
  for (const [index, state] of states.entries()) {
    await publishEvent(stage.nats, inventorySync.resourceObserved, state, {
      headers: { 'Nats-Msg-Id': `again-${index}` },
    });
  }
  await stage.billing.settled();
};

test('billing-ingest: an unreadable message becomes a dead letter and the messages beside it are stored', async () => {
  const before = await deadLetters();
  const good = observed({ kind: 'volume', provider_id: 'good' });
  await publishRaw(stage.nats, {
    subject: `resource.observed.digitalocean.volume.${good.resource_id}`,
    payload: '{"resource_id": 12}',
    headers: {
      'Nats-Msg-Id': 'unreadable',
      'ce-id': 'unreadable',
      'ce-type': 'resource.observed',
      'ce-dataversion': '1',
      'ce-time': '2026-04-01T00:00:00Z',
    },
  });
  await stage.observe(good);
  expect(await statesOf(good.resource_id)).toHaveLength(1);
  await expect.poll(deadLetters, { timeout: 20_000 }).toBe(before + 1);
}, 60_000);

test('billing-ingest: the highest revision of a deployment names its tenant, whatever the order', async () => {
  await stage.deploy(deployed('globex', acmeDeployment, { revision: 2 }), deployed('acme', acmeDeployment));
  await stage.deploy(deployed('acme', acmeDeployment));
  const { db } = stage.billing.context;
  expect(await db.selectFrom('deployments').selectAll().execute()).toEqual([
    { deployment_id: acmeDeployment, tenant_id: 'globex', revision: 2 },
  ]);
});

test('billing-ingest: the highest revision of metered usage replaces all lines of the lower one', async () => {
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
  await publishEvent(stage.nats, metering.usageAccrued, second);
  await stage.billing.settled();
  await publishEvent(stage.nats, metering.usageAccrued, first);
  await publishEvent(stage.nats, metering.usageAccrued, second, { headers: { 'Nats-Msg-Id': 'second-again' } });
  await stage.billing.settled();
  const kept = async () =>
    (
      await sql<{
        resource_id: string;
        unit_seconds: string;
      }>`SELECT resource_id, unit_seconds FROM metered_lines`.execute(stage.billing.context.db)
    ).rows;
  expect(await kept()).toEqual([{ resource_id: a, unit_seconds: '3600' }]);
  await publishEvent(stage.nats, metering.usageAccrued, accrued({ revision: 3, lines: [] }));
  await stage.billing.settled();
  expect(await kept()).toEqual([]);
});
