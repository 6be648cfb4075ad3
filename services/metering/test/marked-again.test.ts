import { randomUUID } from 'node:crypto';
import { eventually } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { takePending } from '../src/store/days/metered-days.ts';
import { deriveStates } from '../src/store/observations/derive-states.ts';
import { addObservations } from '../src/store/observations/observations.ts';
import { deploymentId, stage } from './stage.ts';

test('a metering that takes a deployment while it is marked again meters what marked it', async () => {
  await using on = await stage('2026-03-31T23:00:00Z');
  await on.observe({ kind: 'droplet', name: 'd1', at: '2026-03-31T23:00:00Z', revision: 1 });
  await on.meterDay('2026-04-01');
  const { db } = on.metering.context;
  const late = {
    ...{
      resourceId: randomUUID(),
      revision: 1,
      kind: 'droplet',
      name: 'late',
      status: 'active',
      attrs: '{}',
      isPresent: true,
    },
    ...{ effectiveAt: '2026-04-01T06:00:00Z', observedAt: '2026-04-01T06:00:00Z' },
    ...{
      tenantId: 'acme.com',
      deploymentId: deploymentId('shop'),
      eventId: randomUUID(),
      stream: 'INVENTORY',
      streamSeq: 1_000_000,
    },
    measures: [{ kind: 'droplet_hours' as const, units: '1', dimension: null }],
  };
  await sql`INSERT INTO pending_days VALUES ('2026-04-01', ${late.deploymentId})`.execute(db);

  const hasMarked = Promise.withResolvers<void>();
  const mayCommit = Promise.withResolvers<void>();
  const marking = db.transaction().execute(async (trx) => {
    expect(await addObservations(trx, [late])).toBe(true);
    await deriveStates(trx);
    hasMarked.resolve();
    await mayCommit.promise;
  });
  await hasMarked.promise;
  const metering = db.transaction().execute(async (trx) => {
    const taken = await takePending(trx, '2026-04-01');
    const { rows } = await sql`SELECT FROM states WHERE resource_id = ${late.resourceId}`.execute(trx);
    return { taken, states: rows.length };
  });
  const isWaiting = sql<{ is: boolean }>`SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
    AND wait_event_type = 'Lock' AND query ILIKE '%pending_days%') AS is`;
  let isOver = false;
  void metering.finally(() => {
    isOver = true;
  });
  await eventually('it waits', async () => isOver || (await isWaiting.execute(db)).rows[0]?.is === true);
  mayCommit.resolve();
  await marking;
  expect(await metering).toEqual({ taken: [late.deploymentId], states: 1 });
});
