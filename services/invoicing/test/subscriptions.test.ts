import { type EventData, invoicing, isRefusal } from '@arcadia/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seedPrices } from '../src/domain/catalog/seed-catalog.ts';
import { closeOf, deploymentId, figures, granted, openStage, operator, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;

beforeAll(async () => {
  at = await openStage('2026-04-01T00:00:00Z');
  for (const [plan_code, cents] of [
    ['small', 3000],
    ['big', 9000],
  ] as const) {
    granted(
      await at.ask(invoicing.createPlan, {
        plan_code,
        name: plan_code,
        base_price_cents: cents,
        proration: 'daily',
        publish: true,
      }),
    );
  }
});
afterAll(() => at[Symbol.asyncDispose]());

/** Each story has a tenant of its own, and a deployment of the same name. */
const begin = async (tenant: string, plan: string, fields: Parameters<Stage['subscribe']>[2] = {}) => {
  await at.deploy(tenant, tenant);
  return at.subscribe(tenant, plan, fields);
};
let revision = 0;
const closeApril = async () => {
  revision += 1;
  await at.close(closeOf('2026-04', [], { revision }));
};

describe('invoicing: a change of plan', () => {
  it('a change from 30 to 90 on 16 April by days is 60.00', async () => {
    await begin('changer', 'small');
    granted(
      await at.ask(invoicing.changePlan, {
        deployment_id: deploymentId('changer'),
        plan_code: 'big',
        effective_at: '2026-04-16T00:00:00Z',
      }),
    );
    await closeApril();
    const invoice = await at.invoice('changer');
    expect(invoice.lines.map(({ amount_cents }) => amount_cents)).toEqual([1500, 4500, 600]);
  });

  it('a change is published with every term it resolves to, and a planned later change is published again', async () => {
    const { subscription_id } = await begin('sayer', 'small', { trial_ends_at: '2026-04-08T00:00:00Z' });
    granted(
      await at.ask(invoicing.changePlan, {
        deployment_id: deploymentId('sayer'),
        plan_code: 'big',
        when: 'period_end',
      }),
    );
    granted(
      await at.ask(invoicing.attachAddon, {
        deployment_id: deploymentId('sayer'),
        addon_code: 'storage_50gb',
        effective_at: '2026-04-10T00:00:00Z',
      }),
    );
    const published = (await at.publishedEvents(invoicing.subscriptionChanged))
      .map(({ data }) => data)
      .filter((data) => data.subscription_id === subscription_id);
    expect(
      published.map(({ revision, status, effective_at, plan, addons }) => [
        revision,
        status,
        effective_at,
        plan.code,
        addons.length,
      ]),
    ).toEqual([
      [1, 'trial', '2026-04-01T00:00:00Z', 'small', 0],
      [2, 'active', '2026-04-08T00:00:00Z', 'small', 0],
      [3, 'active', '2026-05-01T00:00:00Z', 'big', 0],
      [4, 'active', '2026-04-10T00:00:00Z', 'small', 1],
      [5, 'active', '2026-05-01T00:00:00Z', 'big', 1],
    ]);
    const first = published[0] as EventData<typeof invoicing.subscriptionChanged>;
    expect([first.tax.rate, first.plan.base_price_cents, first.fallback_prices.length]).toEqual([
      '0.1',
      3000,
      seedPrices.length,
    ]);
  });
});

describe('invoicing: a cancellation', () => {
  it('a cancellation before the close pays ten of thirty days: 10.00 + 1.00', async () => {
    await begin('leaver', 'small');
    granted(
      await at.ask(invoicing.cancelSubscription, {
        deployment_id: deploymentId('leaver'),
        effective_at: '2026-04-11T00:00:00Z',
        reason: 'moved away',
      }),
    );
    await closeApril();
    expect(figures(await at.invoice('leaver'))).toEqual([1000, 100, 1100]);
  });

  it('a cancellation after an invoice of 30.00 is one credit note of 20.00 + 2.00, and never a second', async () => {
    await begin('late', 'small');
    await closeApril();
    expect(figures(await at.invoice('late'))).toEqual([3000, 300, 3300]);
    granted(
      await at.ask(invoicing.cancelSubscription, {
        deployment_id: deploymentId('late'),
        effective_at: '2026-04-11T00:00:00Z',
        reason: 'moved away',
      }),
    );
    await at.running.settled();
    const notes = granted(await at.ask(invoicing.listCreditNotes, { tenant_id: 'late' })).items;
    expect(
      notes.map(({ kind, net_cents, tax_cents, total_cents }) => [kind, net_cents, tax_cents, total_cents]),
    ).toEqual([['correction', 2000, 200, 2200]]);
    expect((await at.invoice('late')).credited_cents).toBe(2200);
    await at.close(closeOf('2026-05', [], { revision: ++revision }));
    expect(await at.invoices('late', '2026-05')).toEqual([]);
  });

  it('a deployment that is cancelled, paused or resumed changes its subscription alike', async () => {
    await begin('shop', 'small');
    const change = (
      state: 'paused' | 'active' | 'cancelled',
      previous: 'active' | 'paused',
      effective_at: string,
      number: number,
    ) =>
      at.deploy('shop', 'shop', {
        state,
        previous_state: previous,
        effective_at,
        revision: number,
        change: 'transitioned',
      });
    await change('paused', 'active', '2026-04-11T00:00:00Z', 2);
    await change('active', 'paused', '2026-04-21T00:00:00Z', 3);
    await change('cancelled', 'active', '2026-04-26T00:00:00Z', 4);
    const [subscription] = granted(
      await at.ask(invoicing.listSubscriptions, { deployment_id: deploymentId('shop') }),
    ).items;
    expect([subscription?.pauses, subscription?.ends_at]).toEqual([
      [{ from: '2026-04-11T00:00:00Z', until: '2026-04-21T00:00:00Z' }],
      '2026-04-26T00:00:00Z',
    ]);
    await closeApril();
    expect((await at.invoice('shop')).subtotal_cents).toBe(1500);
  });

  it('a cancellation can be taken back until it takes effect', async () => {
    await begin('back', 'small');
    const own = { deployment_id: deploymentId('back') };
    expect(
      granted(await at.ask(invoicing.cancelSubscription, { ...own, when: 'period_end' }, tenantActor('back'))).ends_at,
    ).toBe('2026-05-01T00:00:00Z');
    expect(granted(await at.ask(invoicing.resumeSubscription, own, tenantActor('back'))).ends_at).toBeNull();
  });
});

describe('invoicing: a subscription', () => {
  it('a deployment has one subscription at a time; former ones are kept', async () => {
    await begin('one', 'small');
    const twice = await at.ask(invoicing.subscribe, { deployment_id: deploymentId('one'), plan_code: 'big' });
    expect(isRefusal(twice) && twice.refused).toBe('already-subscribed');
    granted(
      await at.ask(invoicing.cancelSubscription, {
        deployment_id: deploymentId('one'),
        effective_at: '2026-04-10T00:00:00Z',
        reason: 'moved away',
      }),
    );
    await at.subscribe('one', 'big', { starts_at: '2026-04-20T00:00:00Z' });
    expect(
      granted(await at.ask(invoicing.listSubscriptions, { deployment_id: deploymentId('one') })).items.length,
    ).toBe(2);
    await closeApril();
    // Nine days of 30.00 and eleven of 90.00.
    expect((await at.invoice('one')).subtotal_cents).toBe(900 + 3300);
  });

  it('a subscription keeps its version when a newer one is published', async () => {
    await begin('keeper', 'small');
    granted(await at.ask(invoicing.putPlan, { plan_code: 'small', base_price_cents: 3500, proration: 'daily' }));
    await at.deploy('newcomer', 'newcomer');
    expect((await at.subscribe('newcomer', 'small')).base_price_cents).toBe(3500);
    await closeApril();
    expect([(await at.invoice('keeper')).subtotal_cents, (await at.invoice('newcomer')).subtotal_cents]).toEqual([
      3000, 3500,
    ]);
  });

  it('a subscription keeps the price of an addon as it was attached', async () => {
    await at.ask(invoicing.putAddon, { addon_code: 'seat', kind: 'dns_zones', qty: '1', price_cents: 500 });
    await begin('sitter', 'small', { addons: [{ addon_code: 'seat', quantity: 3 }] });
    await at.ask(invoicing.putAddon, { addon_code: 'seat', kind: 'dns_zones', qty: '1', price_cents: 900 });
    await closeApril();
    expect(
      (await at.invoice('sitter')).lines
        .filter(({ kind }) => kind === 'addon')
        .map(({ qty, amount_cents }) => [qty, amount_cents]),
    ).toEqual([['3', 1500]]);
  });

  it('a subscription that begins or changes now has done so in the reply, also between microseconds of the clock', async () => {
    await at.deploy('prompt', 'prompt');
    const own = { deployment_id: deploymentId('prompt') };
    const actor = tenantActor('prompt');
    at.clock.set(Temporal.Instant.from('2026-04-03T00:00:00.000000900Z'));
    const begun = granted(await at.ask(invoicing.subscribe, { ...own, plan_code: 'small' }, actor));
    at.clock.set(Temporal.Instant.from('2026-04-04T00:00:00.000000900Z'));
    const changed = granted(await at.ask(invoicing.changePlan, { ...own, plan_code: 'big' }, actor));
    at.clock.set(Temporal.Instant.from('2026-04-01T00:00:00Z'));
    expect([begun.status, begun.starts_at, changed.plan_code]).toEqual(['active', '2026-04-03T00:00:00Z', 'big']);
  });

  it('only operators change a subscription in the past', async () => {
    await begin('own', 'small');
    const backdated = { deployment_id: deploymentId('own'), effective_at: '2026-04-02T00:00:00Z' };
    const refusal = await at.ask(invoicing.cancelSubscription, backdated, tenantActor('own'));
    expect(isRefusal(refusal) && refusal.refused).toBe('forbidden');
    granted(await at.ask(invoicing.cancelSubscription, { ...backdated, reason: 'moved away' }, operator));
  });
});

it('every invoice of these stories follows from what lies on the streams', async () => {
  const { periods, differing } = await at.proveAll();
  expect(periods).toBeGreaterThan(0);
  expect(differing).toEqual({});
});
