import { billingIngest, type EventData, inventorySync, invoicing, isRefusal } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeOf, fact, figures, granted, openStage, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;

const april = Array.from({ length: 30 }, (_, index) => `2026-04-${String(index + 1).padStart(2, '0')}`);

const observed = (
  size_slug: string,
  price_monthly: string,
  effective_at = '2026-03-01T10:00:00Z',
): EventData<typeof inventorySync.priceObserved> => ({
  provider: 'digitalocean',
  size_slug,
  price_monthly,
  price_hourly: '0.00893',
  currency: 'USD',
  effective_at,
  observed_at: effective_at,
});

const pinned = (period: string, rate: string): EventData<typeof billingIngest.exchangeRatePinned> => ({
  period,
  from: 'USD',
  to: 'AUD',
  rate,
  source: 'a test',
  set_by: 'op',
  set_at: '2026-05-02T00:00:00Z',
});

const pin = async (period: string, rate: string) => {
  await publishEvent(at.nats, billingIngest.exchangeRatePinned, pinned(period, rate));
  await at.running.settled();
};

const droplet = (dimension: string, resource: string, seconds = 86_400) => ({
  kind: 'droplet_hours',
  dimension,
  qty: String(seconds),
  divisor: '3600',
  resource,
});

const runs = async (tenant: string) => granted(await at.ask(invoicing.listInvoiceRuns, { tenant_id: tenant })).items;

beforeAll(async () => {
  at = await openStage();
  granted(
    await at.ask(invoicing.createPlan, {
      plan_code: 'cost',
      name: 'Cost',
      base_price_cents: 1000,
      items: [
        { kind: 'droplet_hours', charge_model: 'cost_plus', mark_up_percent: '20' },
        { kind: 'load_balancer_hours', charge_model: 'cost_plus', mark_up_percent: '-10', overage_price_cents: '0.1' },
      ],
      publish: true,
    }),
  );
  await publishEvent(at.nats, inventorySync.priceObserved, [observed('s-1', '6'), observed('g-1', '67.2')]);
  await at.running.settled();
});
afterAll(() => at[Symbol.asyncDispose]());

describe('invoicing: a price by cost', () => {
  it('waits for the exchange rate, names it, and is invoiced when it is pinned; the line, the evidence and the proof follow', async () => {
    await at.deploy('waits', 'waits');
    await at.subscribe('waits', 'cost');
    const facts = april.map((day) => fact('waits', 'waits', day, [droplet('s-1', 'a'), droplet('g-1', 'b', 3600)]));
    await at.receive(...facts);
    await at.close(closeOf('2026-04', facts));
    expect(await at.invoices('waits', '2026-04')).toEqual([]);
    expect(await runs('waits')).toMatchObject([
      {
        status: 'waiting',
        detail:
          'the exchange rate USD to AUD of 2026-04 is not pinned, and the price of droplet_hours needs it; pin it with PUT /api/v1/billing/fx-rates',
      },
    ]);
    await pin('2026-03', '9');
    expect(await at.invoices('waits', '2026-04')).toEqual([]);
    expect(await at.prove('2026-04')).toEqual({});
    await pin('2026-04', '1.5');
    const invoice = await at.invoice('waits');
    const overage = invoice.lines.filter(({ kind }) => kind === 'overage');
    expect(overage.map(({ description, amount_cents }) => [description, amount_cents])).toEqual([
      ['Overage droplet_hours g-1: 30 used, 0 included, list price 3 USD at 1.5 (2026-04) plus 20 %', 540],
      ['Overage droplet_hours s-1: 720 used, 0 included, list price 6 USD at 1.5 (2026-04) plus 20 %', 1080],
    ]);
    expect(figures(invoice)).toEqual([2620, 262, 2882]);
    const line = overage[1]?.line_id ?? '';
    const evidence = granted(
      await at.ask(invoicing.getLineEvidence, { invoice_id: invoice.invoice_id, line_id: line, limit: 200 }),
    );
    expect(evidence.items.flatMap(({ lines }) => lines.map(({ dimension }) => dimension))).toEqual(
      april.map(() => 's-1'),
    );
    expect(evidence.terms).toMatchObject({
      list_prices: [{ dimension: 'g-1' }, { dimension: 's-1', price_monthly: '6' }],
      rates: [{ period: '2026-04', rate: '1.5' }],
    });
    expect(await at.prove('2026-04')).toEqual({});
  });

  it('a price or a rate delivered twice is published once, and a changed one again', async () => {
    const before = (await at.publishedEvents(invoicing.listPriceChanged)).length;
    await publishEvent(at.nats, inventorySync.priceObserved, [observed('s-1', '6'), observed('s-1', '6')]);
    await pin('2026-04', '1.50');
    expect((await at.publishedEvents(invoicing.listPriceChanged)).length).toBe(before);
    const rates = await at.publishedEvents(invoicing.exchangeRateChanged);
    expect(rates.map(({ data }) => `${data.period} ${data.rate} ${data.revision}`)).toEqual([
      '2026-03 9 1',
      '2026-04 1.5 1',
    ]);
    expect(await at.prove('2026-04')).toEqual({});
  });

  it('a list price that changes within the month splits the usage, also in a proof', async () => {
    at.clock.set(Temporal.Instant.from('2026-06-01T03:00:00Z'));
    await publishEvent(at.nats, inventorySync.priceObserved, observed('s-1', '12', '2026-05-15T09:00:00Z'));
    await pin('2026-05', '1.5');
    await at.deploy('changes', 'changes');
    await at.subscribe('changes', 'cost', { starts_at: '2026-05-01T00:00:00Z' });
    const facts = ['2026-05-14', '2026-05-15', '2026-05-16', '2026-05-17'].map((day) =>
      fact('changes', 'changes', day, [
        droplet('s-1', 'c'),
        { ...droplet('s-1', 'lb', 2 * 86_400), kind: 'load_balancer_hours' },
      ]),
    );
    await at.receive(...facts);
    await at.close(closeOf('2026-05', facts));
    const invoice = await at.invoice('changes', '2026-05');
    const [line] = invoice.lines.filter(({ kind }) => kind === 'overage');
    // 24 h at 6 and 72 h at 12 USD a month, of 672 h, by 1.5 and 1.2.
    expect(line?.amount_cents).toBe(270);
    expect(invoice.unbilled).toMatchObject([{ kind: 'load_balancer_hours', reason: 'no_list_price', qty: '192' }]);
    expect(await at.prove('2026-05')).toEqual({});
  });

  it('an included quantity is used up by day, and the cap counts the whole month', async () => {
    const items = [
      { kind: 'droplet_hours', charge_model: 'cost_plus' as const, mark_up_percent: '0', included_qty: '360' },
    ];
    granted(
      await at.ask(invoicing.createPlan, {
        plan_code: 'half',
        name: 'Half',
        base_price_cents: 0,
        items,
        publish: true,
      }),
    );
    await at.deploy('half', 'half');
    await at.subscribe('half', 'half', { starts_at: '2026-04-01T00:00:00Z', ends_at: '2026-05-01T00:00:00Z' });
    const facts = april.map((day) => fact('half', 'half', day, [droplet('s-1', 'd')]));
    await at.receive(...facts);
    await at.close(closeOf('2026-04', facts, { revision: 2 }));
    const invoice = await at.invoice('half', '2026-04');
    const [line] = invoice.lines.filter(({ kind }) => kind === 'overage');
    // The second half of the month, of which the provider charges 312 hours.
    expect([line?.qty, line?.amount_cents]).toEqual(['360', 418]);
  });
});

describe('invoicing: quotes and previews of a price by cost', () => {
  it('a quote charges by the list prices and the newest rate, and a preview the usage so far', async () => {
    const quoted = granted(
      await at.ask(invoicing.createQuote, {
        plan_code: 'cost',
        period: '2026-09',
        spec: { droplets: { 's-1': 2, 'g-9': 1 } },
      }),
    );
    const overage = quoted.lines.filter(({ kind }) => kind === 'overage');
    expect(overage.map(({ amount_cents }) => amount_cents)).toEqual([4320]);
    expect(quoted.unbilled).toMatchObject([{ reason: 'no_list_price', dimensions: ['g-9'] }]);
    await at.receive(fact('changes', 'changes', '2026-06-01', [droplet('g-1', 'c', 67_200)]));
    const preview = granted(await at.ask(invoicing.previewInvoice, { tenant_id: 'changes', period: '2026-06' }));
    expect(preview.so_far.lines.find(({ kind }) => kind === 'overage')).toMatchObject({
      description:
        'Overage droplet_hours g-1: 18.6667 used, 0 included, list price 1.8667 USD at 1.5 (2026-05) plus 20 %',
      amount_cents: 336,
    });
  });
});

describe('invoicing: loading list prices', () => {
  const load = (prices: object[], csv?: string) =>
    at.ask(invoicing.putListPrices, { prices: prices as never, ...(csv === undefined ? {} : { csv }) });

  it('a file is loaded, listed and used', async () => {
    const csv = 'kind,dimension,price_monthly,unit_price\nload_balancer_hours,,12,\nvolume_gb_month,,,0.1\n';
    expect(granted(await load([], csv)).prices).toMatchObject([
      {
        kind: 'load_balancer_hours',
        price_monthly: '12',
        currency: 'USD',
        source: 'operator',
        valid_from: '2026-06-01',
      },
      { kind: 'volume_gb_month', unit_price: '0.1' },
    ]);
    const listed = granted(await at.ask(invoicing.listListPrices, { kind: 'droplet_hours', limit: 2 }));
    expect(listed.items.map(({ dimension, valid_from, source }) => [dimension, valid_from, source])).toEqual([
      ['g-1', '2026-03-01', 'provider'],
      ['s-1', '2026-03-01', 'provider'],
    ]);
    const quoted = granted(
      await at.ask(invoicing.createQuote, { plan_code: 'cost', period: '2026-09', spec: { load_balancer_nodes: 2 } }),
    );
    // Two nodes of 12 USD by 1.5, less 10 %, and 0.1 c for each of 1440 hours.
    expect(quoted.lines.find(({ kind }) => kind === 'overage')?.amount_cents).toBe(3384);
    const forbidden = await at.ask(invoicing.listListPrices, {}, tenantActor('changes'));
    expect(isRefusal(forbidden) && forbidden.refused).toBe('forbidden');
  });

  const size = { kind: 'droplet_hours', dimension: 's-9', price_monthly: '6' };
  it.each([
    ['a size twice', [size, size], undefined, 'invalid-price', 'droplet_hours s-9: is in the list twice'],
    [
      'a size twice, once with the day of today',
      [size, { ...size, valid_from: '2026-06-01' }],
      undefined,
      'invalid-price',
      'is in the list twice',
    ],
    [
      'a size twice in a file and beside it',
      [size],
      'kind,dimension,price_monthly\ndroplet_hours,s-9,7\n',
      'invalid-price',
      'twice',
    ],
    ['a size that the kind has not', [{ ...size, kind: 'dns_zones' }], undefined, 'unknown-dimension', 'dns_zones s-9'],
    ['both prices', [{ ...size, unit_price: '1' }], undefined, 'invalid-price', 'droplet_hours s-9: give either'],
    [
      'a month of gigabytes',
      [{ kind: 'volume_gb_month', price_monthly: '1' }],
      undefined,
      'invalid-price',
      'volume_gb_month',
    ],
    [
      'an invoiced month',
      [{ ...size, valid_from: '2026-05-01' }],
      undefined,
      'period-invoiced',
      '2026-05-01 of droplet_hours s-9',
    ],
    ['a faulty row', [], 'kind,price_monthly\ndroplet_hours,six\n', 'invalid-file', 'row 1: price_monthly'],
    ['nothing', [], undefined, 'invalid-price', 'no price'],
  ])('%s is refused by name', async (_, prices, csv, refused, detail) => {
    const answer = await load(prices, csv);
    expect(isRefusal(answer) && answer.refused).toBe(refused);
    expect(isRefusal(answer) && answer.detail).toContain(detail);
  });

  it('a mark-up below -100 % is refused by name, in a plan and in a fallback price', async () => {
    const wrong = { charge_model: 'cost_plus' as const, mark_up_percent: '-101' };
    const items = [{ kind: 'droplet_hours', ...wrong }];
    const plan = at.ask(invoicing.createPlan, { plan_code: 'w', name: 'W', base_price_cents: 1, items });
    await expect(plan).rejects.toThrow('items.0.mark_up_percent: a mark-up of at least -100 %');
    const price = at.ask(invoicing.putPrice, { kind: 'dns_zones', ...wrong });
    await expect(price).rejects.toThrow('mark_up_percent: a mark-up of at least -100 %');
    const bare = await at.ask(invoicing.putPrice, { kind: 'dns_zones', charge_model: 'cost_plus' });
    expect(isRefusal(bare) && bare.refused).toBe('invalid-price');
  });
});

it('every invoice of these stories follows from what lies on the streams', async () => {
  expect((await at.proveAll()).differing).toEqual({});
});
