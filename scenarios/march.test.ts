import { metering } from '@arcadia/contracts';
import { expect, test } from 'vitest';
import { readWorld } from './src/make-world.ts';
import { startWholeStack } from './src/whole-stack.ts';

test('ten days of the march world give seventy facts, all within the quantities that Studio includes', async () => {
  await using stack = await startWholeStack(readWorld('march'));
  const report = await stack.play();

  const usage = Object.fromEntries(report.usage.map(({ kind, qty }) => [kind, Number(qty).toFixed(2)]));
  expect(usage).toEqual({ droplet_hours: '480.00', dns_zones: '0.65', snapshot_gb_month: '15.48' });
  const sums = await stack.player.api.list(metering.listUsage, {
    from: stack.world.period_start,
    to: stack.world.period_end,
    group_by: 'kind',
  });
  expect(sums.reduce((records, sum) => records + sum.records, 0)).toBe(70);
  const zones = sums.find(({ kind }) => kind === 'dns_zones')?.parts;
  expect(zones).toEqual([{ unit_seconds: String(20 * 86_400), divisor: String(31 * 86_400) }]);

  expect(report.invoices).toHaveLength(1);
  const [invoice] = report.invoices;
  expect(invoice).toMatchObject({ tenant_id: 'initech', subtotal_cents: 5000, tax_cents: 500, total_cents: 5500 });
  expect(invoice?.lines.map(({ kind, amount_cents }) => [kind, amount_cents])).toEqual([
    ['plan_base', 5000],
    ['tax', 500],
  ]);
  expect(report.provider_invoice).toBeNull();
  expect(report.drift).toEqual([]);
});
