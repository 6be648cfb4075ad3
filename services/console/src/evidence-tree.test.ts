import { Decimal } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { evidenceSentence, evidenceTree, isEqual } from './evidence-tree.ts';
import type { Line } from './words/line.ts';

const line = (meta: Line['meta'], fields: Partial<Line> = {}): Line => ({
  line_id: '00000000-0000-4000-8000-000000000001',
  kind: 'overage',
  deployment_id: '00000000-0000-4000-8000-000000000002',
  resource_kind: 'droplet_hours',
  description: 'Overage droplet_hours',
  qty: '672',
  unit: 'hour',
  unit_price_cents: '1',
  amount_cents: 672,
  meta: { charge_model: 'standard', overage_unit: '1', overage_price_cents: '1', ...meta },
  ...fields,
});

type Facts = Parameters<typeof evidenceTree>[1];

/** One fact for each day, with the unit-seconds of each named resource. */
const facts = (days: number, resources: Record<string, string>, kind = 'droplet_hours', divisor = '3600'): Facts =>
  Array.from({ length: days }, (_, index) => {
    const day = Temporal.PlainDate.from('2026-04-01').add({ days: index });
    return {
      period: '2026-04',
      deployment_id: '00000000-0000-4000-8000-000000000002',
      period_start: `${day.toString()}T00:00:00Z`,
      period_end: `${day.add({ days: 1 }).toString()}T00:00:00Z`,
      granularity: 'daily' as const,
      revision: 1,
      event_id: '00000000-0000-4000-8000-000000000003',
      stream: 'METERING',
      sequence: index + 1,
      lines: Object.entries(resources).map(([name, unit_seconds]) => ({
        resource_id: `id of ${name}`,
        resource_name: name,
        kind,
        unit_seconds,
        divisor,
        observation_revisions: [1],
        observations: [],
        reports: [],
      })),
    };
  }) as unknown as Facts;

const april = { period: '2026-04', currency: 'AUD' };

test('a line of droplets that ran all month is one sentence with each figure', () => {
  const used = line({ used: '2160', included: '1488', over: '672' });
  const tree = evidenceTree(used, facts(30, { 'web-2': '86400', 'web-1': '86400', 'db-1': '86400' }));
  expect(evidenceSentence(used, tree, april)).toBe(
    'Droplet hours: three droplets ran all of April (2,160 h); 1,488 are included; 672 h × 0.01 AUD = 6.72 AUD',
  );
  expect(tree.resources.map(({ name, quantity }) => [name, quantity.toFixed()])).toEqual([
    ['db-1', '720'],
    ['web-1', '720'],
    ['web-2', '720'],
  ]);
  expect(tree.quantity.toFixed()).toBe('2160');
});

test('droplets that ran a part of the month were counted in it', () => {
  const used = line({ used: '24', included: '0', over: '24' }, { qty: '24', amount_cents: 24 });
  const tree = evidenceTree(used, facts(1, { 'web-1': '86400' }));
  expect(evidenceSentence(used, tree, april)).toBe(
    'Droplet hours: one droplet was counted in April (24 h); none is included; 24 h × 0.01 AUD = 0.24 AUD',
  );
});

test('the levels of storage whose quantity is a fraction without end are equal', () => {
  const used = line(
    { used: '2.333333333333', included: '0', over: '2.333333333333' },
    { resource_kind: 'snapshot_gb_month', unit: 'GB-month' },
  );
  const tree = evidenceTree(used, facts(1, { base: '6048000' }, 'snapshot_gb_month', '2592000'));
  expect(isEqual(tree.quantity, new Decimal('2.333333333333'))).toBe(true);
  expect(isEqual(new Decimal('2.3333'), new Decimal('2.3334'))).toBe(false);
});

test('facts of another kind are not counted', () => {
  const tree = evidenceTree(line({}), facts(2, { base: '1' }, 'snapshot_gb_month'));
  expect([tree.resources, tree.quantity.toFixed()]).toEqual([[], '0']);
});
