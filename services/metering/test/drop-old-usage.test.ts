import { invoicing, metering } from '@arcadia/contracts';
import { askService, publishEvent } from '@arcadia/testkit';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { noteInvoiced } from '../src/store/subscriptions/subscriptions.ts';
import { granted, operator, stage, subscription } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;

const facts = async (on: Stage) =>
  Number(
    (await sql<{ count: string }>`SELECT count(*) FROM usage_records`.execute(on.metering.context.db)).rows[0]?.count,
  );

const drop = async (on: Stage, at: string) => {
  on.clock.set(Temporal.Instant.from(at));
  await on.metering.runJob('drop-old-usage', at);
};

test('facts are dropped only when every kind is past its retention and the period is closed; running resources stay metered', async () => {
  await using on = await stage('2026-03-30T00:00:00Z');
  await on.observe(
    { kind: 'droplet', name: 'd1', at: '2026-03-01T00:00:00Z', revision: 1, status: 'off' },
    { kind: 'droplet', name: 'd1', at: '2026-03-30T00:00:00Z', revision: 2 },
  );
  for (const day of ['2026-03-30', '2026-03-31', '2026-04-01']) await on.meterDay(day);
  await drop(on, '2027-06-01T04:20:00Z');
  expect(await facts(on)).toBe(3);

  await askService(on.nats, metering.closePeriod, { period: '2026-03', accept_missing: true }, { actor: operator });
  await drop(on, '2027-05-05T04:20:00Z');
  expect(await facts(on)).toBe(3);
  await drop(on, '2027-05-06T04:20:00Z');
  expect(await facts(on)).toBe(1);

  await askService(
    on.nats,
    metering.runMetering,
    { first_day: '2026-03-30', last_day: '2026-04-02' },
    { actor: operator },
  );
  await on.metering.settled();
  const { items } = granted(
    await askService(
      on.nats,
      metering.listUsage,
      { from: '2026-03-01', to: '2026-05-01', group_by: 'day' },
      { actor: operator },
    ),
  );
  expect(items.map(({ period_start, quantity, records }) => [period_start, quantity, records])).toEqual([
    ['2026-04-01T00:00:00Z', '24', 1],
    ['2026-04-02T00:00:00Z', '24', 1],
  ]);
});

test('facts of a subscribed tenant are kept until its invoice has been consumed', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  await on.observe({ kind: 'droplet', name: 'd1', at: '2026-04-01T00:00:00Z', revision: 1 });
  await publishEvent(on.nats, invoicing.subscriptionChanged, subscription());
  await on.meterDay('2026-04-01');
  on.clock.set(Temporal.Instant.from('2026-05-01T03:00:00Z'));
  await askService(on.nats, metering.closePeriod, { period: '2026-04', accept_missing: true }, { actor: operator });
  await drop(on, '2028-01-01T04:20:00Z');
  expect(await facts(on)).toBe(1);
  await on.metering.context.transact((tx) =>
    noteInvoiced(tx.sql, [{ period: '2026-04', tenant_id: 'acme.com', close_revision: 1 }]),
  );
  await drop(on, '2028-01-02T04:20:00Z');
  expect(await facts(on)).toBe(0);
});
