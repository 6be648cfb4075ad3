import { daysOf } from '@arcadia/contracts';
import { parseWorld } from '@arcadia/digitalocean-simulator';
import { expect, test } from 'vitest';
import { type Action, timelineOf } from './timeline.ts';

const usage = (reported_at: string) => ({
  id: reported_at,
  at: '2026-04-10T00:00:00Z',
  reported_at,
  deployment: 'shop',
  kind: 'bandwidth_gb',
  quantity: '1',
});

const stepsOf = (fields: Record<string, unknown>, reportedAt: readonly string[] = []) =>
  timelineOf(
    parseWorld(
      JSON.stringify({
        period: '2026-04',
        provider: { droplets: [{ name: 'd1', destroyed_at: '2026-04-19T23:50:00Z' }] },
        platform: {
          tenants: [{ id: 'acme' }],
          deployments: [{ tenant: 'acme', slug: 'shop' }],
          usage: reportedAt.map(usage),
          sagas: [{ kind: 'echo' }],
        },
        ...fields,
      }),
      'test.json',
    ),
  );

const count = (steps: ReturnType<typeof stepsOf>, name: Action['do']) =>
  steps.filter(({ action }) => action.do === name).length;
const lastOf = (steps: ReturnType<typeof stepsOf>) => [steps.at(-1)?.at.toString(), steps.at(-1)?.action.do];

test('a world without ends_at is played until six hours after its month', () => {
  const steps = stepsOf({});
  expect(lastOf(steps)).toEqual(['2026-05-01T06:00:00Z', 'end']);
  expect([count(steps, 'meter-day'), count(steps, 'close-period'), count(steps, 'run-saga')]).toEqual([30, 1, 1]);
});

test('usage reported after the end of a world extends its timeline to the report', () => {
  const steps = stepsOf({}, ['2026-04-12T00:00:00Z', '2026-05-15T01:09:20Z']);
  expect(lastOf(steps)).toEqual(['2026-05-15T01:09:20Z', 'end']);
  expect([count(steps, 'report-usage'), count(steps, 'meter-day')]).toEqual([2, 30 + 13]);
});

test('the timeline of a world that ends within its month has no later step', () => {
  const steps = stepsOf({ ends_at: '2026-04-20T00:00:00Z' }, ['2026-04-25T00:00:00Z']);
  expect(lastOf(steps)).toEqual(['2026-04-20T00:00:00Z', 'end']);
  expect(count(steps, 'meter-day')).toBe(18);
  expect(['close-period', 'report-usage', 'run-saga'].map((name) => count(steps, name as Action['do']))).toEqual([
    0, 0, 0,
  ]);
  // The droplet is destroyed ten minutes before the end: only the first sweep that misses it is before the end.
  expect(count(steps, 'sweep')).toBe(2);
});

test('a world that ends after the following month has that month metered and closed too', () => {
  const steps = stepsOf({ ends_at: '2026-06-01T06:00:00Z' });
  expect(lastOf(steps)).toEqual(['2026-06-01T06:00:00Z', 'end']);
  const days = steps.flatMap(({ action }) => (action.do === 'meter-day' ? [action.day] : []));
  expect(days).toEqual([...daysOf('2026-04'), ...daysOf('2026-05')]);
  const closes = steps.filter(({ action }) => action.do === 'close-period');
  expect(closes.map(({ at }) => at.toString())).toEqual(['2026-05-01T03:00:00Z', '2026-06-01T03:00:00Z']);
});

test('until `weekly_until` days are metered a week at a time, and each month ends with its last day', () => {
  const steps = stepsOf({ ends_at: '2026-06-01T06:00:00Z', weekly_until: '2026-05-01T00:00:00Z' });
  const days = steps.flatMap(({ action }) => (action.do === 'meter-day' ? [action.day] : []));
  const april = ['2026-04-07', '2026-04-14', '2026-04-21', '2026-04-28', '2026-04-30'];
  expect(days).toEqual([...april, ...daysOf('2026-05')]);
});

test('an exchange rate with a time is pinned then, before a provider invoice that is read at that time', () => {
  const rate = { rate: '1.5' };
  const platform = {
    exchange_rates: [
      { period: '2026-03', ...rate },
      { period: '2026-04', at: '2026-05-01T03:05:00Z', ...rate },
    ],
  };
  const names = stepsOf({ platform }).map(({ at, action }) => `${at} ${action.do}`);
  const pinned = names.indexOf('2026-05-01T03:05:00Z pin-exchange-rate');
  expect(names.slice(pinned, pinned + 2)).toEqual([
    '2026-05-01T03:05:00Z pin-exchange-rate',
    '2026-05-01T03:05:00Z ingest-provider-invoices',
  ]);
});

test('a saga with a time runs then; the others run after the close of the month', () => {
  const platform = { sagas: [{ kind: 'echo' }, { kind: 'fail', at: '2026-04-20T10:00:00Z' }] };
  const runs = stepsOf({ platform }).flatMap(({ at, action }) =>
    action.do === 'run-saga' ? [`${at} ${action.saga.kind}`] : [],
  );
  expect(runs).toEqual(['2026-04-20T10:00:00Z fail', '2026-05-01T03:30:00Z echo']);
});
