import { dayInterval, daysOf, metering } from '@arcadia/contracts';
import { askService } from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { meterDay } from '../src/days/meter-day.ts';
import { granted, operator, type Seen, stage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof stage>>;

/** Calls the use case without its job; other tests cover the jobs. */
const meterDays = async (on: Stage, days: readonly string[]) => {
  on.clock.set(dayInterval(days.at(-1) ?? '').end.add({ minutes: 70 }));
  for (const day of days) await meterDay(on.metering.context, day);
};

const quantities = async (on: Stage, from: string, to: string) => {
  const { items } = granted(
    await askService(on.nats, metering.listUsage, { from, to, group_by: 'kind' }, { actor: operator }),
  );
  return Object.fromEntries(items.map(({ kind, quantity }) => [kind, quantity]));
};

const volume = (at: string, revision: number, size_gb: string): Seen => ({
  kind: 'volume',
  name: 'v1',
  at,
  revision,
  attrs: { size_gb },
});

test.each(['2026-02', '2028-02', '2026-04', '2026-07'])(
  '100 GB kept all of %s is exactly 100',
  async (period) => {
    await using on = await stage(`${period}-01T00:00:00Z`);
    await on.observe(volume('2026-01-15T09:41:12.345678Z', 1, '100'));
    const days = daysOf(period);
    await meterDays(on, days);
    const next = Temporal.PlainYearMonth.from(period).add({ months: 1 }).toString();
    expect(await quantities(on, `${period}-01`, `${next}-01`)).toEqual({ volume_gb_month: '100' });
  },
  60_000,
);

test('50 GB for ten days and 80 GB for twenty-one are 70.3226 GB-months', async () => {
  await using on = await stage('2026-03-01T00:00:00Z');
  await on.observe(volume('2026-03-01T00:00:00Z', 1, '50'), volume('2026-03-11T00:00:00Z', 2, '80'));
  await meterDays(on, daysOf('2026-03'));
  const { volume_gb_month: quantity = '' } = await quantities(on, '2026-03-01', '2026-04-01');
  expect(quantity).toBe('70.322580645161');
}, 60_000);

test('23:50 to 00:10 over the end of a month is a sixth of an hour in each month, and an event at 00:00Z belongs to the new one', async () => {
  await using on = await stage('2026-05-01T00:00:00Z');
  const droplet = { kind: 'droplet', name: 'd1' };
  await on.observe(
    { ...droplet, at: '2026-04-30T23:50:00Z', revision: 1 },
    { ...droplet, at: '2026-05-01T00:10:00Z', revision: 2, isPresent: false },
    { ...droplet, name: 'd2', at: '2026-05-01T00:00:00Z', revision: 1 },
    { ...droplet, name: 'd2', at: '2026-05-01T00:00:01Z', revision: 2, status: 'off' },
  );
  await on.meterDay('2026-04-30');
  await on.meterDay('2026-05-01');
  expect(await quantities(on, '2026-04-01', '2026-05-01')).toEqual({ droplet_hours: '0.166666666667' });
  expect(await quantities(on, '2026-05-01', '2026-05-02')).toEqual({ droplet_hours: '0.166944444444' });
  expect(await quantities(on, '2026-04-01', '2026-05-02')).toEqual({ droplet_hours: '0.333611111111' });
});

test('destroy and recreate, power off and on, resize: each is metered to the second', async () => {
  await using on = await stage('2026-04-01T00:00:00Z');
  const droplet = { kind: 'droplet', name: 'd1' };
  await on.observe(
    { ...droplet, at: '2026-04-01T00:00:07Z', revision: 1, attrs: { size_slug: 's-1vcpu-1gb' } },
    { ...droplet, at: '2026-04-01T01:00:00Z', revision: 2, status: 'off', attrs: { size_slug: 's-1vcpu-1gb' } },
    { ...droplet, at: '2026-04-01T01:00:03Z', revision: 3, attrs: { size_slug: 's-2vcpu-2gb' } },
    { ...droplet, at: '2026-04-01T02:00:00Z', revision: 4, isPresent: false },
    { ...droplet, name: 'd1 again', at: '2026-04-01T02:00:30Z', revision: 1 },
    { ...droplet, name: 'd1 again', at: '2026-04-01T02:01:10Z', revision: 2, isPresent: false },
  );
  await on.meterDay('2026-04-01');
  const { items } = granted(
    await askService(
      on.nats,
      metering.listUsage,
      { from: '2026-04-01', to: '2026-04-02', group_by: 'resource' },
      { actor: operator },
    ),
  );
  expect(new Map(items.map(({ dimension, parts }) => [dimension, parts[0]?.unit_seconds]))).toEqual(
    new Map([
      [null, '40'],
      ['s-1vcpu-1gb', '3593'],
      ['s-2vcpu-2gb', '3597'],
    ]),
  );
});
