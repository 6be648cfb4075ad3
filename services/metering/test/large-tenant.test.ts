import { invoicing, metering, nameUuid } from '@arcadia/contracts';
import { maxMessageBytes } from '@arcadia/platform';
import { askService, publishEvent, publishedEvents } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { deploymentId, operator, stage, subscription } from './stage.ts';

test('a tenant with 6,000 deployments is closed: its entry in the manifest spans several messages', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  const names = Array.from({ length: 6_000 }, (_, index) => `d${index}`);
  await on.deploy(...names);
  await on.observe(
    ...names.map((name) => ({ kind: 'droplet', name, at: '2026-03-31T23:00:00Z', revision: 1, deployment: name })),
  );
  await publishEvent(
    on.nats,
    invoicing.subscriptionChanged,
    names.slice(0, 3_000).map((name) => ({
      ...subscription(),
      subscription_id: nameUuid('subscription', name),
      deployment_id: deploymentId(name),
    })),
  );
  await on.metering.settled();
  await on.meterDay('2026-04-01');
  on.clock.set(Temporal.Instant.from('2026-05-02T00:00:00Z'));
  const accept = { period: '2026-04', accept_missing: true };
  const closed = await askService(on.nats, metering.closePeriod, accept, { actor: operator, deadlineMs: 20_000 });
  expect(closed).toMatchObject({ status: 'closed', close_revision: 1 });

  const { rows: messages } = await sql<{ bytes: number; parts: number | null }>`
    SELECT octet_length(payload::text) AS bytes, parts FROM events WHERE type = 'period.closed'`.execute(
    on.metering.context.db,
  );
  expect(messages.length).toBeGreaterThan(1);
  for (const { bytes, parts } of messages) {
    expect(bytes).toBeLessThanOrEqual(maxMessageBytes);
    expect(parts).toBe(messages.length);
  }
  const [close] = await publishedEvents(on.database, metering.periodClosed);
  const [tenant, ...others] = metering.periodClosed.data.parse(close?.data).tenants;
  expect(others).toEqual([]);
  expect(tenant?.facts).toBe(6_000);
  expect(tenant?.deployments.map(({ deployment_id }) => deployment_id)).toEqual(names.map(deploymentId).toSorted());
  expect(tenant?.subscriptions).toHaveLength(3_000);
  expect(close?.data.hash).toBe(metering.manifestHash(close?.data.tenants ?? []));
}, 60_000);
