import { metering } from '@arcadia/contracts';
import { askService, publishedEvents } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { ingest, quantityOf, report } from './reported-usage.ts';
import { operator, stage } from './stage.ts';

test('the last nanosecond of a month is in that month', async () => {
  await using on = await stage('2026-05-01T00:00:10Z');
  await on.deploy('shop');
  await ingest(on, [report({ time: '2026-04-30T23:59:59.999999999Z', quantity: '3' })]);
  expect(await quantityOf(on, { from: '2026-04-30', to: '2026-05-01' })).toMatchObject([{ quantity: '3' }]);
});

test('usage reported at midnight, or at the full hour, counts once, in the day or hour that it begins', async () => {
  await using on = await stage('2026-04-10T12:00:00Z');
  await on.deploy('shop');
  // From the next day on.
  const hourly = { kind: 'llm_input_tokens', granularity: 'hourly' } as const;
  await askService(on.nats, metering.putMeteringConfig, hourly, { actor: operator });
  on.clock.set(Temporal.Instant.from('2026-04-12T10:30:00Z'));
  await ingest(on, [
    report({ id: 'midnight', time: '2026-04-12T00:00:00Z', quantity: '100' }),
    report({ id: 'hour', time: '2026-04-12T09:00:00Z', quantity: '10' }),
    report({ id: 'within', time: '2026-04-12T09:00:00.001Z', quantity: '1' }),
  ]);
  const range = { from: '2026-04-10', to: '2026-04-13' };
  expect(await quantityOf(on, range)).toEqual([{ kind: 'llm_input_tokens', quantity: '111', is_live: true }]);
  for (const day of ['2026-04-10', '2026-04-11', '2026-04-12']) await on.meterDay(day);
  expect(await quantityOf(on, range)).toEqual([{ kind: 'llm_input_tokens', quantity: '111', is_live: false }]);
  const facts = (await publishedEvents(on.database, metering.usageAccrued)).map(({ data }) => data);
  expect(facts.flatMap(({ lines }) => lines.map(({ unit_seconds }) => unit_seconds)).toSorted()).toEqual(['100', '11']);
});
