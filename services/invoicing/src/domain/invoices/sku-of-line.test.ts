import { expect, test } from 'vitest';
import type { PlanTerms, PriceItem } from '../rating/terms.ts';
import { type PricedLine, skuOfLine } from './sku-of-line.ts';

const item = (given: Partial<PriceItem>): PriceItem => ({
  ...{ kind: 'droplet_hours', included_qty: '0', overage_unit: '1', overage_price_cents: '2' },
  ...{ charge_model: 'standard', tiers: null, hard_cap_qty: null },
  ...given,
});
const plan = (items: PriceItem[]): PlanTerms => ({
  ...{ code: 'studio', name: 'Studio', version: 2, base_price_cents: 5000, currency: 'AUD', proration: 'none', items },
});
const usage = (given: Partial<PricedLine> = {}): PricedLine => ({
  ...{ kind: 'overage', resource_kind: 'droplet_hours', unit_price_cents: '2' },
  line_key: 'd/overage/droplet_hours/2026-04-01',
  meta: { price_source: 'plan', over: '100' },
  ...given,
});
const own = (over: string) => ({ price_source: 'plan', over, own_price: { override_id: 'o', instead_of: '2' } });

test('usage is the same SKU on every plan, and its place in the price list is that of its plan, or of none', () => {
  expect(skuOfLine(usage(), plan([]))).toMatchObject({
    ...{ id: 'usage/droplet_hours', meter: 'Droplet hours', priceId: 'plan/studio/usage/droplet_hours', details: null },
  });
  expect(skuOfLine(usage({ meta: { price_source: 'fallback' } }), plan([]))?.priceId).toBe('usage/droplet_hours');
  expect(skuOfLine(usage(), null)?.priceId).toBe('usage/droplet_hours');
});

test('a size with a price of its own is a SKU of its own; the droplet whose backups are charged is not', () => {
  const sized = (kind: string, dimension: string) =>
    skuOfLine(
      usage({ resource_kind: kind, line_key: `d/overage/${kind} ${dimension}/2026-04-01/2026-03-01` }),
      plan([]),
    );
  expect(sized('droplet_hours', 's-2vcpu-4gb')).toMatchObject({
    ...{ id: 'usage/droplet_hours/s-2vcpu-4gb', details: { InstanceType: 's-2vcpu-4gb' } },
  });
  expect(sized('droplet_hours', 's-*')).toMatchObject({ id: 'usage/droplet_hours/s-*', details: null });
  expect(sized('backup_hours', 'weekly s-2vcpu-4gb of 3164494')).toMatchObject({
    ...{ id: 'usage/backup_hours/weekly s-2vcpu-4gb', details: null },
  });
});

test.each<[string, PriceItem, string]>([
  ['at one price', item({}), '2'],
  ['for a thousand of them', item({ overage_unit: '1000' }), '0.002'],
  ['in packages', item({ charge_model: 'package', overage_unit: '80', overage_price_cents: '10' }), '0.2'],
  [
    'in tiers',
    item({
      ...{ charge_model: 'graduated', overage_price_cents: null },
      tiers: [
        { up_to: '50', unit_price_cents: '4' },
        { up_to: null, unit_price_cents: '1' },
      ],
    }),
    '2.5',
  ],
])('beside the price of a tenant’s own stands what everybody pays for the same quantity: %s', (_, priced, list) => {
  const line = usage({ unit_price_cents: '1.5', meta: own('100') });
  expect(skuOfLine(line, plan([priced]))).toMatchObject({ listUnitPriceCents: list, unitPriceCents: '1.5' });
});

test('a price of a tenant’s own that the plan does not have is its list price too', () => {
  const line = usage({ unit_price_cents: '1.5', meta: own('100') });
  expect(skuOfLine(line, plan([]))?.listUnitPriceCents).toBe('1.5');
});

test('what is neither sold by the unit nor priced has no SKU', () => {
  for (const kind of ['discount', 'credit', 'adjustment', 'manual', 'tax'] as const)
    expect(skuOfLine(usage({ kind, resource_kind: null }), plan([]))).toBeNull();
  expect(skuOfLine(usage({ unit_price_cents: null }), plan([]))).toBeNull();
});
