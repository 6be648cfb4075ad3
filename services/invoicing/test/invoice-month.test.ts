import { daysOf, invoicing, isRefusal, metering, provisioning } from '@arcadia/contracts';
import { eventually, publishEvent, publishRaw } from '@arcadia/testkit';
import { describe, expect, it } from 'vitest';
import { closeOf, deploymentChange, deploymentId, fact, figures, granted, stage, tenantActor } from './stage.ts';

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

  it('once: running it again, and closing it again, changes nothing', async () => {
    await using at = await stage();
    await at.deploy('shop', 'acme');
    await at.subscribe('shop', 'studio');
    await at.hear(...threeDroplets);
    const close = closeOf('2026-04', threeDroplets);
    await at.close(close);
    const before = await at.invoice('acme');
    const run = granted(await at.ask(invoicing.runInvoices, { period: '2026-04' }));
    expect(run.tenants).toEqual(['acme']);
    await at.running.settled();
    await at.close({ ...close, revision: 2 });
    expect(await at.invoices('acme')).toEqual([before]);
    const runs = granted(await at.ask(invoicing.listInvoiceRuns, { period: '2026-04' })).items;
    expect(runs.map(({ close_revision, status }) => [close_revision, status])).toEqual([
      [1, 'unchanged'],
      [2, 'unchanged'],
    ]);
  });

  it('only when every fact of the manifest has arrived, in whatever order, however often', async () => {
    await using at = await stage();
    await at.deploy('shop', 'acme');
    await at.subscribe('shop', 'studio');
    const [last, ...others] = threeDroplets.toReversed();
    if (last === undefined) throw new Error('no facts');
    await at.hear(...others, ...others);
    await publishEvent(at.nats, metering.periodClosed, closeOf('2026-04', threeDroplets));
    const waiting = await eventually('the run waits', async () => {
      const runs = granted(await at.ask(invoicing.listInvoiceRuns, {})).items;
      return runs[0]?.status === 'waiting' ? runs[0] : null;
    });
    expect(waiting.detail).toBe('29 of 30 facts have arrived');
    expect(await at.invoices('acme')).toEqual([]);
    await publishEvent(at.nats, metering.usageAccrued, last);
    await eventually('the invoice is made', async () => (await at.invoices('acme')).length === 1);
    expect(figures(await at.invoice('acme'))).toEqual([5672, 567, 6239]);
  });

  it('a higher revision of a fact replaces the lower one, also when it comes first', async () => {
    await using at = await stage();
    await at.deploy('shop', 'acme');
    await at.subscribe('shop', 'studio');
    const hours = (qty: string, revision: number) =>
      fact('shop', 'acme', '2026-04-05', [{ kind: 'droplet_hours', qty }], { revision });
    await at.hear(hours('1588', 3));
    await at.hear(hours('9999', 1), hours('8888', 2));
    await at.close(closeOf('2026-04', [hours('1588', 3)]));
    expect((await at.invoice('acme')).subtotal_cents).toBe(5100);
  });

  it('a poisonous fact is parked and holds up nobody', async () => {
    await using at = await stage();
    await at.deploy('shop', 'acme');
    await at.subscribe('shop', 'studio');
    await at.hear(...threeDroplets.slice(0, 1));
    await publishRaw(at.nats, {
      subject: 'usage.accrued.2026-04.acme.x',
      payload: '{"period":1}',
      headers: { 'ce-id': '1', 'ce-type': 'usage.accrued', 'ce-dataversion': '1', 'Nats-Msg-Id': '1' },
    });
    await at.hear(...threeDroplets.slice(1));
    await at.close(closeOf('2026-04', threeDroplets));
    expect((await at.invoice('acme')).subtotal_cents).toBe(5672);
  });

  it('fifty at once have fifty consecutive numbers, and two closes at once make one invoice each', async () => {
    await using at = await stage();
    const names = Array.from({ length: 50 }, (_, index) => `tenant-${String(index).padStart(2, '0')}`);
    await publishEvent(
      at.nats,
      provisioning.deploymentChanged,
      names.map((name) => deploymentChange(name, name)),
    );
    await at.running.settled();
    for (const name of names) await at.subscribe(name, 'starter');
    const close = closeOf('2026-04', []);
    await publishEvent(at.nats, metering.periodClosed, [close, { ...close, revision: 2 }]);
    await at.running.settled(60_000);
    const said = await at.said(invoicing.invoiceIssued);
    expect(new Set(said.map(({ data }) => data.tenant_id)).size).toBe(50);
    expect(said.map(({ data }) => data.number).toSorted()).toEqual(
      names.map((_, index) => `INV-${String(index + 1).padStart(6, '0')}`),
    );
  });

  it('one bad tenant never blocks the others', async () => {
    await using at = await stage();
    await at.deploy('shop', 'acme');
    await at.subscribe('shop', 'studio');
    const close = closeOf(
      '2026-04',
      threeDroplets.map((one) => ({ ...one, tenant_id: 'broken' })),
    );
    await publishEvent(at.nats, metering.periodClosed, close);
    await eventually('the invoice of the other', async () => (await at.invoices('acme')).length === 1);
    expect(await at.invoices('broken')).toEqual([]);
  });

  it('nothing used and nobody subscribed makes no invoice; usage without a subscription is listed, not lost', async () => {
    await using at = await stage();
    await at.deploy('shop', 'acme');
    await at.hear(...threeDroplets);
    await at.close(closeOf('2026-04', threeDroplets));
    expect(await at.invoices('acme')).toEqual([]);
    const preview = granted(await at.ask(invoicing.previewInvoice, { tenant: 'acme', period: '2026-04' }));
    expect(preview.so_far.unrated.map(({ kind, reason, qty }) => ({ kind, reason, qty }))).toEqual([
      { kind: 'droplet_hours', reason: 'no_subscription', qty: '2160' },
    ]);
  });

  it("a tenant's invoice is as unknown to another as one that does not exist", async () => {
    await using at = await stage();
    await at.deploy('shop', 'acme');
    await at.subscribe('shop', 'studio');
    await at.close(closeOf('2026-04', []));
    const { invoice_id } = await at.invoice('acme');
    const missing = '00000000-0000-8000-8000-000000000000';
    const asked = async (id: string) =>
      JSON.stringify(await at.ask(invoicing.getInvoice, { invoice_id: id }, tenantActor('globex'))).replaceAll(
        id,
        'ID',
      );
    expect(await asked(invoice_id)).toBe(await asked(missing));
    expect(granted(await at.ask(invoicing.listInvoices, { tenant: 'acme' }, tenantActor('globex'))).items).toEqual([]);
    expect(
      isRefusal(
        await at.ask(
          invoicing.subscribe,
          { deployment_id: deploymentId('shop'), plan_code: 'pro' },
          tenantActor('globex'),
        ),
      ),
    ).toBe(true);
    expect(granted(await at.ask(invoicing.getInvoice, { invoice_id }, tenantActor('acme'))).number).toBe('INV-000001');
  });
});
