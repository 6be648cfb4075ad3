import { daysOf, invoicing } from '@arcadia/contracts';
import { describe, expect, it } from 'vitest';
import { closeOf, deploymentId, fact, figures, stage } from './stage.ts';

const april = daysOf('2026-04');
/** Three droplets all month: 2160 hours. */
const threeDroplets = april.map((day) =>
  fact(
    'shop',
    'acme',
    day,
    ['a', 'b', 'c'].map((resource) => ({ kind: 'droplet_hours', qty: '86400', divisor: '3600', resource })),
  ),
);

describe("a tenant's month becomes an invoice", () => {
  it('when the period closes: Studio, storage_50gb and three droplets all April are 70.64', async () => {
    await using at = await stage();
    await at.deploy('shop', 'acme');
    await at.subscribe('shop', 'studio', { addons: [{ addon_code: 'storage_50gb' }] });
    await at.hear(...threeDroplets);
    await at.close(closeOf('2026-04', threeDroplets));
    const invoice = await at.invoice('acme');
    expect(figures(invoice)).toEqual([6422, 642, 7064]);
    expect(invoice.number).toBe('INV-000001');
    expect(invoice.due_on).toBe('2026-05-15');
    expect(
      invoice.lines.map(
        ({ kind, deployment_id, resource_kind, description, qty, unit, unit_price_cents, amount_cents }) => ({
          kind,
          deployment_id,
          resource_kind,
          description,
          qty,
          unit,
          unit_price_cents,
          amount_cents,
        }),
      ),
    ).toEqual([
      {
        kind: 'plan_base',
        deployment_id: deploymentId('shop'),
        resource_kind: null,
        description: 'Studio',
        qty: '1',
        unit: 'month',
        unit_price_cents: '5000',
        amount_cents: 5000,
      },
      {
        kind: 'addon',
        deployment_id: deploymentId('shop'),
        resource_kind: 'spaces_gb_month',
        description: 'Addon: storage_50gb',
        qty: '1',
        unit: 'month',
        unit_price_cents: '750',
        amount_cents: 750,
      },
      {
        kind: 'overage',
        deployment_id: deploymentId('shop'),
        resource_kind: 'droplet_hours',
        description: 'Overage droplet_hours: 2160 used, 1488 included',
        qty: '672',
        unit: 'hour',
        unit_price_cents: '1',
        amount_cents: 672,
      },
      {
        kind: 'tax',
        deployment_id: null,
        resource_kind: null,
        description: 'GST 10 %',
        qty: '1',
        unit: 'invoice',
        unit_price_cents: '642',
        amount_cents: 642,
      },
    ]);
    expect((await at.said(invoicing.invoiceIssued)).map(({ data }) => data.number)).toEqual(['INV-000001']);
  });
});
