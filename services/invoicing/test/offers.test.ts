import { invoicing, isRefusal, type RequestInput } from '@arcadia/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeOf, deploymentId, fact, figures, granted, openStage, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;

beforeAll(async () => {
  at = await openStage('2026-04-16T00:00:00Z');
});
afterAll(() => at[Symbol.asyncDispose]());

const refusal = (answer: unknown): string => (isRefusal(answer) ? answer.refused : 'granted');

describe('invoicing: the catalog', () => {
  it('a new installation has a catalog', async () => {
    const plans = granted(await at.ask(invoicing.listPlans, {}, tenantActor('anyone'))).items;
    expect(plans.map(({ plan_code, base_price_cents }) => [plan_code, base_price_cents])).toEqual([
      ['pro', 12_000],
      ['starter', 2000],
      ['studio', 5000],
    ]);
    const addons = granted(await at.ask(invoicing.listAddons, {}, tenantActor('anyone'))).items;
    expect(addons.map(({ addon_code, price_cents }) => [addon_code, price_cents])).toEqual([
      ['llm_1m', 1500],
      ['storage_250gb', 3000],
      ['storage_50gb', 750],
    ]);
  });

  it('a wrong plan is refused, naming the version, the item and the fault', async () => {
    const items: RequestInput<typeof invoicing.createPlan>['items'] = [];
    const plan = (wrong: object) => ({
      plan_code: 'bad',
      name: 'Bad',
      base_price_cents: 1,
      items: [...items, { kind: 'dns_zones', ...wrong }],
    });
    for (const wrong of [
      { charge_model: 'graduated' as const },
      { charge_model: 'volume' as const, tiers: [{ up_to: '5', unit_price_cents: '1' }] },
      {
        charge_model: 'graduated' as const,
        tiers: [
          { up_to: '5', unit_price_cents: '1' },
          { up_to: '4', unit_price_cents: '1' },
          { up_to: null, unit_price_cents: '1' },
        ],
      },
      { charge_model: 'package' as const },
      { included_qty: '10', hard_cap_qty: '9' },
    ]) {
      const answer = await at.ask(invoicing.createPlan, plan(wrong));
      expect(refusal(answer)).toBe('invalid-plan');
      expect(isRefusal(answer) && answer.detail).toContain('Plan bad, version 1, item dns_zones');
    }
  });

  it('tenants see no drafts, one version is published at a time, and a published version never changes', async () => {
    const own = { plan_code: 'team', base_price_cents: 1000 };
    granted(await at.ask(invoicing.createPlan, { ...own, name: 'Team', publish: true }));
    granted(await at.ask(invoicing.createPlanVersion, { ...own, base_price_cents: 1100 }));
    granted(await at.ask(invoicing.createPlanVersion, { ...own, base_price_cents: 1200 }));
    expect(granted(await at.ask(invoicing.listPlans, { plan_code: 'team' }, tenantActor('x'))).items.length).toBe(1);
    const both = await Promise.all(
      [2, 3].map((version) => at.ask(invoicing.publishPlanVersion, { plan_code: 'team', version })),
    );
    const active = granted(await at.ask(invoicing.listPlans, { plan_code: 'team', status: 'active' })).items;
    expect(active.length).toBe(1);
    expect(both.filter((answer) => !isRefusal(answer)).length).toBeGreaterThan(0);
    expect(refusal(await at.ask(invoicing.updatePlanVersion, { ...own, version: 1 }))).toBe('not-a-draft');
    expect(
      refusal(await at.ask(invoicing.deletePlanVersion, { plan_code: 'team', version: active[0]?.version ?? 0 })),
    ).toBe('not-a-draft');
  });

  it('putting an unchanged plan makes no new version', async () => {
    const plan = {
      plan_code: 'same',
      base_price_cents: 700,
      items: [{ kind: 'dns_zones', included_qty: '10.0', overage_price_cents: '2' }],
    };
    const first = granted(await at.ask(invoicing.putPlan, plan));
    const again = granted(
      await at.ask(invoicing.putPlan, {
        ...plan,
        items: [{ kind: 'dns_zones', included_qty: '10', overage_price_cents: '2.00' }],
      }),
    );
    expect([first.version, again.version]).toEqual([1, 1]);
  });

  it('prices of invoiced days do not change', async () => {
    await at.deploy('priced', 'priced');
    await at.subscribe('priced', 'studio', { starts_at: '2026-02-01T00:00:00Z', ends_at: '2026-03-01T00:00:00Z' });
    await at.close(closeOf('2026-02', []));
    expect(
      refusal(
        await at.ask(invoicing.putPrice, { kind: 'volume_gb_month', valid_from: '2026-02-10', unit_price_cents: '99' }),
      ),
    ).toBe('period-invoiced');
    expect(refusal(await at.ask(invoicing.putPrice, { kind: 'dns_zones', unit_price_cents: '9' }))).toBe('granted');
  });
});

describe('invoicing: a quote', () => {
  it('a quote prices its month with the real hours: three droplets on Studio in April are 6.72 over', async () => {
    const quote = granted(
      await at.ask(
        invoicing.createQuote,
        { plan_code: 'studio', addons: [{ addon_code: 'storage_50gb' }], period: '2026-04', spec: { droplets: 3 } },
        tenantActor('asker'),
      ),
    );
    expect(figures(quote)).toEqual([6422, 642, 7064]);
    expect(granted(await at.ask(invoicing.getQuote, { quote_id: quote.quote_id }, tenantActor('asker')))).toEqual(
      quote,
    );
    expect(refusal(await at.ask(invoicing.getQuote, { quote_id: quote.quote_id }, tenantActor('other')))).toBe(
      'not-found',
    );
  });

  it('a quote is for the coming month by default, and valid for thirty days', async () => {
    const quote = granted(
      await at.ask(invoicing.createQuote, { plan_code: 'studio', spec: { droplets: 3 } }, tenantActor('asker')),
    );
    expect([quote.period, quote.valid_until, quote.is_valid]).toEqual(['2026-05', '2026-05-16', true]);
    // May has 744 hours: 2232 − 1488.
    expect(quote.subtotal_cents).toBe(5744);
  });

  it('a quote equals the invoice of the same usage', async () => {
    const usage = [
      { kind: 'bandwidth_gb', qty: '2500.5' },
      { kind: 'llm_input_tokens', qty: '1000001' },
    ];
    await at.deploy('twin', 'twin');
    const quote = granted(
      await at.ask(invoicing.createQuote, { plan_code: 'studio', usage, period: '2026-04', tenant_id: 'twin' }),
    );
    await at.subscribe('twin', 'studio');
    const facts = [fact('twin', 'twin', '2026-04-07', usage)];
    await at.receive(...facts);
    await at.close(closeOf('2026-04', facts));
    const invoice = await at.invoice('twin');
    expect(figures(quote)).toEqual(figures(invoice));
    expect(quote.lines.map(({ amount_cents, description }) => [amount_cents, description])).toEqual(
      invoice.lines.map(({ amount_cents, description }) => [amount_cents, description]),
    );
  });
});

describe('invoicing: a subscription that follows from a quote', () => {
  const quoteOf = async (tenant: string, plan_code: string, fields: object = {}) =>
    granted(await at.ask(invoicing.createQuote, { plan_code, ...fields }, tenantActor(tenant)));
  const subscribe = (tenant: string, plan_code: string, fields: object = {}) =>
    at.ask(invoicing.subscribe, { deployment_id: deploymentId(tenant), plan_code, ...fields }, tenantActor(tenant));

  it('the subscription has the quoted version and addons, whatever was published since', async () => {
    await at.deploy('quoted', 'quoted');
    granted(await at.ask(invoicing.putPlan, { plan_code: 'rising', base_price_cents: 100 }));
    const seat = { addon_code: 'rising_seat', kind: 'dns_zones', qty: '1' };
    granted(await at.ask(invoicing.putAddon, { ...seat, price_cents: 500 }));
    const addons = [{ addon_code: 'rising_seat', quantity: 3 }];
    const { quote_id } = await quoteOf('quoted', 'rising', { addons });
    granted(await at.ask(invoicing.putPlan, { plan_code: 'rising', base_price_cents: 999 }));
    granted(await at.ask(invoicing.putAddon, { ...seat, price_cents: 900, is_offered: false }));
    const made = granted(await subscribe('quoted', 'rising', { quote_id }));
    expect([made.plan_version, made.base_price_cents]).toEqual([1, 100]);
    expect(
      made.addons.map(({ addon_code, quantity, price_cents, starts_at }) => [
        addon_code,
        quantity,
        price_cents,
        starts_at,
      ]),
    ).toEqual([['rising_seat', 3, 500, made.starts_at]]);
  });

  it('addons named in the request replace the quoted addons', async () => {
    await at.deploy('chooser', 'chooser');
    const { quote_id } = await quoteOf('chooser', 'studio', { addons: [{ addon_code: 'storage_50gb' }] });
    const made = granted(await subscribe('chooser', 'studio', { quote_id, addons: [{ addon_code: 'llm_1m' }] }));
    expect(made.addons.map(({ addon_code }) => addon_code)).toEqual(['llm_1m']);
  });

  it('a subscription is refused if its quote is unknown, of another tenant or plan, or expired', async () => {
    await at.deploy('careless', 'careless');
    const asked = async (plan_code: string, quote_id: string, fields: object = {}) =>
      refusal(await subscribe('careless', plan_code, { quote_id, ...fields }));
    const own = (await quoteOf('careless', 'studio', { valid_days: 1 })).quote_id;
    const foreign = (await quoteOf('other', 'studio')).quote_id;
    const unowned = granted(await at.ask(invoicing.createQuote, { plan_code: 'studio' })).quote_id;
    expect(await asked('studio', '00000000-0000-4000-8000-000000000000')).toBe('quote-not-found');
    expect(await asked('studio', foreign)).toBe('quote-not-found');
    expect(await asked('studio', unowned)).toBe('quote-not-found');
    expect(await asked('starter', own)).toBe('quote-mismatch');
    const operated = (quote_id: string, fields: object = {}) =>
      at.ask(invoicing.subscribe, {
        deployment_id: deploymentId('careless'),
        plan_code: 'studio',
        quote_id,
        ...fields,
      });
    expect(refusal(await operated(foreign))).toBe('quote-not-found');
    expect(refusal(await operated(own, { plan_version: 2 }))).toBe('quote-mismatch');
    at.clock.set(Temporal.Instant.from('2026-04-18T00:00:00Z'));
    expect(await asked('studio', own)).toBe('quote-expired');
    at.clock.set(Temporal.Instant.from('2026-04-16T00:00:00Z'));
    // A quote made for no tenant can be followed by an operator.
    expect(refusal(await operated(unowned))).toBe('granted');
  });
});

describe('invoicing: a line added by hand', () => {
  const line = { description: 'Set-up', unit_price_cents: '1250' };

  it('a line added by hand needs a tenant that was created or owns a deployment', async () => {
    expect(refusal(await at.ask(invoicing.addManualLine, { ...line, tenant_id: 'newcomer' }))).toBe('unknown-tenant');
    granted(await at.ask(invoicing.createTenant, { tenant_id: 'newcomer', name: 'Somebody' }));
    expect(refusal(await at.ask(invoicing.addManualLine, { ...line, tenant_id: 'newcomer' }))).toBe('granted');
    await at.deploy('somebody', 'somebody');
    expect(refusal(await at.ask(invoicing.addManualLine, { ...line, tenant_id: 'somebody' }))).toBe('granted');
  });

  it('a line added by hand has an amount that an invoice can hold', async () => {
    await at.deploy('grand', 'grand');
    const answer = await at.ask(invoicing.addManualLine, {
      ...line,
      tenant_id: 'grand',
      qty: '999999999999',
      unit_price_cents: '999999999999',
    });
    expect(refusal(answer)).toBe('amount-out-of-range');
  });
});

describe('invoicing: a preview', () => {
  it('a preview shows the current month so far and its forecast', async () => {
    await at.deploy('running', 'running');
    await at.subscribe('running', 'studio');
    const days = Array.from({ length: 15 }, (_, index) => `2026-04-${String(index + 1).padStart(2, '0')}`);
    await at.receive(
      ...days.map((day) =>
        fact('running', 'running', day, [{ kind: 'droplet_hours', qty: '259200', divisor: '3600' }]),
      ),
    );
    const preview = granted(await at.ask(invoicing.previewInvoice, {}, tenantActor('running')));
    expect([preview.usage_until, preview.so_far.subtotal_cents, preview.forecast.subtotal_cents]).toEqual([
      '2026-04-16T00:00:00Z',
      5000,
      5672,
    ]);
  });

  it('a preview shows the lines added by hand that the invoice will contain', async () => {
    await at.deploy('extra', 'extra');
    await at.subscribe('extra', 'studio');
    const line = { tenant_id: 'extra', description: 'Set-up', unit_price_cents: '1250', period: '2026-04' };
    granted(await at.ask(invoicing.addManualLine, line));
    const preview = granted(await at.ask(invoicing.previewInvoice, { period: '2026-04' }, tenantActor('extra')));
    expect([preview.so_far.subtotal_cents, preview.forecast.subtotal_cents]).toEqual([6250, 6250]);
    expect(preview.so_far.lines.map(({ kind }) => kind)).toEqual(['plan_base', 'manual', 'tax']);
  });
});

describe('invoicing: alerts', () => {
  it('an alert is published once per period when its threshold is reached, and so is a hard cap', async () => {
    granted(
      await at.ask(invoicing.createPlan, {
        plan_code: 'capped',
        name: 'Capped',
        base_price_cents: 0,
        publish: true,
        items: [{ kind: 'llm_input_tokens', included_qty: '100', overage_price_cents: '1', hard_cap_qty: '200' }],
      }),
    );
    await at.deploy('watched', 'watched');
    await at.subscribe('watched', 'capped');
    const watch = { deployment_id: deploymentId('watched') };
    const percent = { ...watch, basis: 'included_percent', kind: 'llm_input_tokens', value: '80' } as const;
    granted(await at.ask(invoicing.createAlert, percent, tenantActor('watched')));
    const money = { ...watch, basis: 'money', amount_cents: 50 } as const;
    granted(await at.ask(invoicing.createAlert, money, tenantActor('watched')));
    const use = (day: string, qty: string) =>
      at.receive(fact('watched', 'watched', day, [{ kind: 'llm_input_tokens', qty }]));
    const crossed = async () =>
      (await at.publishedEvents(invoicing.alertCrossed))
        .map(({ data }) => [data.threshold.basis, data.reached])
        .toSorted();
    await use('2026-04-01', '79');
    expect(await crossed()).toEqual([]);
    await use('2026-04-02', '1');
    await use('2026-04-03', '71');
    await use('2026-04-04', '49');
    expect(await crossed()).toEqual([
      ['hard_cap', '200'],
      ['included_percent', '80'],
      ['money', '51'],
    ]);
    const listed = granted(await at.ask(invoicing.listAlerts, {}, tenantActor('watched'))).items;
    expect(listed.map(({ crossed: [first] }) => first?.period)).toEqual(['2026-04', '2026-04']);
    expect(granted(await at.ask(invoicing.listAlerts, {}, tenantActor('other'))).items).toEqual([]);
  });
});
