import { expect, test } from 'vitest';
import { type Line, lineTitle } from './line.ts';

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
