import { billingIngest, invoicing, isRefusal } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bill, line, share } from './provider-bill.ts';
import { closeOf, fact, figures, granted, openStage, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;

const daysOf = (period: string) =>
  Array.from({ length: 28 }, (_, index) => `${period}-${String(index + 1).padStart(2, '0')}`);

const receive = async (...bills: ReturnType<typeof bill>[]) => {
  for (const one of bills) await publishEvent(at.nats, billingIngest.invoiceIngested, one);
  await at.running.settled();
};

const droplet = { kind: 'droplet_hours', dimension: 's-1', qty: '86400', divisor: '3600', resource: '1' };

/** A month of one droplet, closed. */
const month = async (name: string, period: string, revision = 1) => {
  const facts = daysOf(period).map((day) => fact(name, name, day, [droplet], { close_revision: revision }));
  await at.receive(...facts);
  await at.close(closeOf(period, facts, { revision }));
};

const runOf = async (tenant: string, period: string) =>
  granted(await at.ask(invoicing.listInvoiceRuns, { tenant_id: tenant, period })).items.at(-1);
const overage = async (tenant: string, period: string) =>
  (await at.invoice(tenant, period)).lines
    .filter(({ kind }) => kind === 'overage' || kind === 'adjustment')
    .map(({ description, amount_cents }) => [description, amount_cents]);

const items = ['droplet_hours', 'kubernetes_ha_hours'].map((kind) => ({
  kind,
  charge_model: 'pass_through' as const,
  mark_up_percent: '20',
}));

beforeAll(async () => {
  at = await openStage('2026-05-01T03:00:00Z');
  const common = { base_price_cents: 1000, items, publish: true };
  granted(await at.ask(invoicing.createPlan, { ...common, plan_code: 'waits', name: 'Waits' }));
  granted(
    await at.ask(invoicing.createPlan, { ...common, plan_code: 'adjusts', name: 'Adjusts', provider_bill: 'adjust' }),
  );
});
afterAll(() => at[Symbol.asyncDispose]());

describe('invoicing: a plan that waits for the bill of the provider', () => {
  it('names the bill it waits for, then why it is not settled, and is invoiced when it is, in the parts that arrive', async () => {
    await at.deploy('waiter', 'waiter');
    await at.subscribe('waiter', 'waits');
    await month('waiter', '2026-04');
    expect(await runOf('waiter', '2026-04')).toMatchObject({
      status: 'waiting',
      detail:
        "the provider's bill of 2026-04 has not arrived, and the price of droplet_hours, kubernetes_ha_hours needs it",
    });
    const preview = granted(await at.ask(invoicing.previewInvoice, { tenant_id: 'waiter', period: '2026-04' }));
    expect(preview.so_far.unbilled).toMatchObject([{ kind: 'droplet_hours', reason: 'no_list_price' }]);
    // An invoice that waits is missing with reason.
    expect(await at.prove('2026-04')).toEqual({});
    const unsettled = { status: 'unreconciled' as const, difference_minor: -3000 };
    await receive(bill('2026-04', 1, [line(1, [share('waiter', 'waiter', 999)])], unsettled));
    expect((await runOf('waiter', '2026-04'))?.detail).toContain(
      'DO-2026-04 is unreconciled, with -30.00 USD that its lines do not explain',
    );
    expect(await at.publishedEvents(invoicing.billedAmountsChanged)).toEqual([]);
    const lines = [
      line(1, [
        share('waiter', 'waiter', 1234),
        { ...share('waiter', 'waiter', 50), target: 'operator', tenant_id: null, deployment_id: null },
      ]),
      line(2, [share('waiter', 'waiter', 100)], { kind: 'droplet_backup', product: 'Backups' }),
    ];
    const [first, second] = lines as [ReturnType<typeof line>, ReturnType<typeof line>];
    await receive(bill('2026-04', 2, [second], { part: 2, parts: 2 }));
    expect(await at.invoices('waiter', '2026-04')).toEqual([]);
    await receive(bill('2026-04', 2, [first], { part: 1, parts: 2 }));
    const text =
      'Passed through droplet_hours: provider billed 12.34 USD for droplet web-1 (s-1vcpu-1gb) at 1.5 (2026-04), plus 20 %';
    expect(await overage('waiter', '2026-04')).toEqual([[text, 2221]]);
    const invoice = await at.invoice('waiter', '2026-04');
    expect(figures(invoice)).toEqual([3221, 322, 3543]);
    expect(invoice.unbilled).toEqual([]);
    expect(await at.prove('2026-04')).toEqual({});
  });

  it('the evidence of the line opens to the lines of the bill, also for the tenant', async () => {
    const invoice = await at.invoice('waiter', '2026-04');
    const passed = invoice.lines.find(({ kind }) => kind === 'overage');
    const of = { invoice_id: invoice.invoice_id, line_id: passed?.line_id ?? '' };
    const evidence = granted(await at.ask(invoicing.getLineEvidence, of, tenantActor('waiter')));
    expect(evidence.bill_line_count).toBe(1);
    expect(evidence.bill_lines).toMatchObject([
      {
        invoice_number: 'DO-2026-04',
        line_no: 1,
        description: 'web-1 (s-1vcpu-1gb)',
        amount_cents: 1234,
        currency: 'USD',
      },
    ]);
    expect(evidence.items.length).toBeGreaterThan(0);
    const base = invoice.lines.find(({ kind }) => kind === 'plan_base')?.line_id ?? '';
    const other = granted(await at.ask(invoicing.getLineEvidence, { ...of, line_id: base }));
    expect([other.bill_lines, other.bill_line_count]).toEqual([[], 0]);
  });

  it('a bill delivered twice, or again without change, publishes nothing and adjusts nothing', async () => {
    const before = (await at.publishedEvents(invoicing.billedAmountsChanged)).length;
    await receive(bill('2026-04', 2, [], { part: 2, parts: 2 }), bill('2026-04', 1, []));
    const same = line(1, [share('waiter', 'waiter', 1234)]);
    const backup = line(2, [share('waiter', 'waiter', 100)], { kind: 'droplet_backup', product: 'Backups' });
    await receive(bill('2026-04', 3, [same, backup]));
    expect((await at.publishedEvents(invoicing.billedAmountsChanged)).length).toBe(before);
    expect(await at.prove('2026-04')).toEqual({});
  });

  it('a corrected bill becomes an adjustment on the next invoice, also of a share that moved to another deployment', async () => {
    at.clock.set(Temporal.Instant.from('2026-06-01T03:00:00Z'));
    await receive(bill('2026-04', 4, [line(1, [share('waiter', 'waiter', 1000), share('other', 'other', 234)])]));
    const preview = granted(await at.ask(invoicing.previewInvoice, { tenant_id: 'waiter', period: '2026-05' }));
    expect(preview.pending_adjustments.map(({ amount_cents }) => amount_cents)).toEqual([1800 - 2221]);
    await month('waiter', '2026-05');
    await receive(bill('2026-05', 1, [line(1, [share('waiter', 'waiter', 600)])]));
    expect(await overage('waiter', '2026-05')).toEqual([
      [
        'Passed through droplet_hours: provider billed 6.00 USD for droplet web-1 (s-1vcpu-1gb) at 1.5 (2026-05), plus 20 %',
        1080,
      ],
      [
        'Adjustment for 2026-04: Passed through droplet_hours: provider billed 10.00 USD for droplet web-1 (s-1vcpu-1gb) at 1.5 (2026-04), plus 20 %',
        -421,
      ],
    ]);
    const invoice = await at.invoice('waiter', '2026-05');
    const adjusted = invoice.lines.find(({ kind }) => kind === 'adjustment');
    const of = { invoice_id: invoice.invoice_id, line_id: adjusted?.line_id ?? '' };
    const evidence = granted(await at.ask(invoicing.getLineEvidence, of));
    expect(evidence.bill_lines).toMatchObject([{ invoice_number: 'DO-2026-04', amount_cents: 1000 }]);
    expect(await at.prove('2026-05')).toEqual({});
    expect(await at.prove('2026-04')).toEqual({});
  });

  it('a bill that is no longer reconciled takes nothing back until it is settled again', async () => {
    await receive(bill('2026-05', 2, [], { status: 'unreconciled', difference_minor: 5 }));
    const preview = granted(await at.ask(invoicing.previewInvoice, { tenant_id: 'waiter', period: '2026-06' }));
    expect(preview.pending_adjustments).toEqual([]);
  });
});

describe('invoicing: a plan that adjusts after the bill of the provider', () => {
  it('is invoiced without the bill, lists the usage, and has its amounts as an adjustment on the next invoice', async () => {
    await at.deploy('adjuster', 'adjuster');
    await at.subscribe('adjuster', 'adjusts', { starts_at: '2026-06-01T00:00:00Z' });
    at.clock.set(Temporal.Instant.from('2026-07-01T03:00:00Z'));
    await month('adjuster', '2026-06');
    const invoice = await at.invoice('adjuster', '2026-06');
    expect(invoice.lines.map(({ kind }) => kind)).toEqual(['plan_base', 'tax']);
    expect(invoice.unbilled).toMatchObject([{ kind: 'droplet_hours', reason: 'no_bill', qty: '672' }]);
    // The rate is pinned after the bill: without it nothing can be adjusted yet.
    await receive(bill('2026-06', 1, [line(1, [share('adjuster', 'adjuster', 700)])], { fx: null }));
    const pendingOf = async () =>
      granted(await at.ask(invoicing.previewInvoice, { tenant_id: 'adjuster', period: '2026-07' })).pending_adjustments;
    expect(await pendingOf()).toEqual([]);
    const rate = { period: '2026-06', from: 'USD', to: 'AUD', rate: '2', source: 'x', set_by: 'op' };
    await publishEvent(at.nats, billingIngest.exchangeRatePinned, { ...rate, set_at: '2026-07-02T00:00:00Z' });
    await at.running.settled();
    expect((await pendingOf()).map(({ amount_cents }) => amount_cents)).toEqual([1680]);
    at.clock.set(Temporal.Instant.from('2026-08-01T03:00:00Z'));
    await month('adjuster', '2026-07');
    expect(await overage('adjuster', '2026-07')).toEqual([
      [
        'Adjustment for 2026-06: Passed through droplet_hours: provider billed 7.00 USD for droplet web-1 (s-1vcpu-1gb) at 2 (2026-06), plus 20 %',
        1680,
      ],
    ]);
    // The next month does not adjust it again.
    at.clock.set(Temporal.Instant.from('2026-09-01T03:00:00Z'));
    await month('adjuster', '2026-08');
    expect(await overage('adjuster', '2026-08')).toEqual([]);
  });

  it('a bill that is there in time is on the invoice itself', async () => {
    at.clock.set(Temporal.Instant.from('2026-10-01T03:00:00Z'));
    await receive(bill('2026-09', 1, [line(1, [share('adjuster', 'adjuster', 100)])]));
    await month('adjuster', '2026-09');
    expect((await overage('adjuster', '2026-09')).map(([, cents]) => cents)).toEqual([180]);
  });
});

describe('invoicing: many tenants and many lines', () => {
  it('a long bill is published in several messages, and the proof joins them', async () => {
    at.clock.set(Temporal.Instant.from('2026-11-01T03:00:00Z'));
    await at.deploy('long', 'a tenant.with > signs');
    await at.subscribe('long', 'waits', { starts_at: '2026-10-01T00:00:00Z' });
    const facts = daysOf('2026-10').map((day) => fact('long', 'a tenant.with > signs', day, [droplet]));
    await at.receive(...facts);
    await at.close(closeOf('2026-10', facts));
    const lines = Array.from({ length: 1200 }, (_, index) =>
      line(index + 1, [share('long', 'a tenant.with > signs', 3)]),
    );
    const part = (from: number) => lines.slice(from, from + 400);
    for (const index of [2, 0, 1]) await receive(bill('2026-10', 1, part(index * 400), { part: index + 1, parts: 3 }));
    const published = await at.publishedEvents(invoicing.billedAmountsChanged);
    expect(published.filter(({ data }) => data.period === '2026-10').map(({ data }) => data.amounts.length)).toEqual([
      500, 500, 200,
    ]);
    const invoice = await at.invoice('a tenant.with > signs', '2026-10');
    // 36.00 USD by 1.5 and 1.2.
    expect(invoice.lines.find(({ kind }) => kind === 'overage')).toMatchObject({ qty: '36', amount_cents: 6480 });
    expect(invoice.lines.find(({ kind }) => kind === 'overage')?.description).toContain('and 1198 more');
  });
});

describe('invoicing: plans and quotes with pass-through', () => {
  it('a quote is an estimate by list prices, and is named one', async () => {
    const csv = 'kind,dimension,price_monthly,unit_price\ndroplet_hours,s-1,6,\n';
    granted(await at.ask(invoicing.putListPrices, { csv }));
    const quote = granted(
      await at.ask(invoicing.createQuote, { plan_code: 'waits', period: '2026-12', spec: { droplets: { 's-1': 1 } } }),
    );
    const [estimate] = quote.lines.filter(({ kind }) => kind === 'overage');
    expect(estimate).toMatchObject({ amount_cents: 1080, meta: { is_estimate: true } });
    expect(estimate?.description).toContain("estimate until the provider's bill is known");
  });

  it('wrong items are refused by name, and a kind that only the bill has can be passed through', async () => {
    const wrong = await at.ask(invoicing.createPlan, {
      plan_code: 'wrong',
      name: 'Wrong',
      base_price_cents: 0,
      items: [{ kind: 'volume_gb_month', charge_model: 'pass_through', included_qty: '5', mark_up_percent: '1' }],
    });
    expect(isRefusal(wrong) && [wrong.refused, wrong.detail]).toEqual([
      'invalid-plan',
      'Plan wrong, version 1, item volume_gb_month: included_qty pass_through passes the whole amount of the bill and includes no quantity.',
    ]);
    const rest = ['account', 'container_registry'].map((kind) => ({
      kind,
      charge_model: 'pass_through' as const,
      mark_up_percent: '0',
    }));
    const plan = {
      plan_code: 'rest',
      name: 'Rest',
      base_price_cents: 0,
      items: rest,
      provider_bill: 'adjust' as const,
    };
    expect(granted(await at.ask(invoicing.createPlan, { ...plan, publish: true })).provider_bill).toBe('adjust');
    expect(granted(await at.ask(invoicing.putPlan, plan)).version).toBe(1);
    expect(granted(await at.ask(invoicing.putPlan, { ...plan, provider_bill: 'wait' })).version).toBe(2);
    const standard = at.ask(invoicing.createPlan, { ...plan, plan_code: 's', items: [{ kind: 'container_registry' }] });
    await expect(standard).rejects.toThrow();
  });
});

it('every invoice of these stories follows from what lies on the streams', async () => {
  expect((await at.proveAll()).differing).toEqual({});
});
