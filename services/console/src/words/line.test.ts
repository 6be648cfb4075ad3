import { expect, test } from 'vitest';
import { calculation, explanationOf, type Line, lineTitle } from './line.ts';

const line = (description: string, fields: Partial<Line> = {}): Line => ({
  line_id: '',
  kind: 'adjustment',
  deployment_id: null,
  resource_kind: null,
  description: `Adjustment for 2026-07: ${description}`,
  qty: '1',
  unit: 'adjustment',
  unit_price_cents: '1200',
  amount_cents: 1200,
  meta: { adjusts_period: '2026-07' },
  ...fields,
});

test.each([
  ['Overage bandwidth_gb: 5600 used, 5000 included', 'bandwidth_gb', 'Correction of July 2026: bandwidth'],
  ['Overage llm_input_tokens: 9 used, 0 included', 'llm_input_tokens', 'Correction of July 2026: LLM input tokens'],
  ['Addon: storage_50gb', null, 'Correction of July 2026: addon Storage 50 GB'],
  ['Studio', null, 'Correction of July 2026: Studio'],
])('a correction of “%s” has no code in its title', (description, resource_kind, title) => {
  expect(lineTitle(line(description, { resource_kind }))).toBe(title);
});

test('the days of a line are words, and a part of a month is named by its days', () => {
  const base = line('', {
    kind: 'plan_base',
    description: 'Studio, 2026-04-11 to 2026-04-30 (20 of 30 days)',
    qty: '0.666666666667',
    unit: 'month',
    unit_price_cents: '5000',
    meta: {},
  });
  expect(lineTitle(base)).toBe('Plan Studio, 11–30 April 2026 (20 of 30 days)');
  expect(calculation(base, 'AUD')).toBe('20 of 30 days × 50.00 AUD');
  const addon = { kind: 'addon' as const, description: 'Addon: storage, 2026-04-11 to 2026-04-30 (20 of 30 days)' };
  expect(calculation({ ...base, ...addon, qty: '1.333333333333' }, 'AUD')).toBe('2 × 20 of 30 days × 50.00 AUD');
  expect(calculation({ ...base, description: 'Studio', qty: '1' }, 'AUD')).toBe('1 × 50.00 AUD');
  expect(lineTitle(line('Studio, 2026-07-02 to 2026-07-31 (30 of 31 days)'))).toBe(
    'Correction of July 2026: Studio, 2–31 July 2026 (30 of 31 days)',
  );
  const credit = line('', {
    kind: 'credit',
    meta: {
      explanation: '$1.00 of $2.00 that were left of this granted credit, which expires on 2026-08-01, before tax',
    },
  });
  expect(explanationOf(credit)).toContain('expires on 1 August 2026,');
});
