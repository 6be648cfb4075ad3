import { invoicing, isRefusal } from '@arcadia/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentId, fact, granted, openStage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;

beforeAll(async () => {
  at = await openStage('2026-04-10T12:00:00Z');
  const kind = 'bandwidth_gb';
  const items = [{ kind, included_qty: '100', overage_price_cents: '10' }];
  for (const [plan_code, base_price_cents] of [
    ['by_days', 9000],
    ['dearer', 9100],
  ] as const)
    granted(await at.ask(invoicing.putPlan, { plan_code, base_price_cents, proration: 'daily', items }));
  granted(await at.ask(invoicing.putAddon, { addon_code: 'traffic_1000gb', kind, qty: '1000', price_cents: 750 }));
});
afterAll(() => at[Symbol.asyncDispose]());

const refusal = (answer: unknown): string => (isRefusal(answer) ? answer.refused : 'granted');

/** A deployment that has used 480 GB, of which 100 are included, subscribed from 1 April on. */
const begin = async (name: string, fields: Parameters<Stage['subscribe']>[2] = {}) => {
  at.clock.set(Temporal.Instant.from('2026-04-10T12:00:00Z'));
  await at.deploy(name, name);
  await at.subscribe(name, 'by_days', fields);
  await at.receive(fact(name, name, '2026-04-09', [{ kind: 'bandwidth_gb', qty: '480' }], { revision: 1 }));
  return { deployment_id: deploymentId(name) };
};

const trial = { trial_ends_at: '2026-04-20T00:00:00Z' };

/** What operators do that lowers April, each without a reason. */
const lowering: Record<string, (reason: object) => Promise<unknown>> = {
  'a pause': async (reason) => at.ask(invoicing.pauseSubscription, { ...(await begin('pause')), ...reason }),
  'a pause of days that have passed': async (reason) => {
    const own = await begin('past');
    at.clock.set(Temporal.Instant.from('2026-06-10T12:00:00Z'));
    return at.ask(invoicing.pauseSubscription, { ...own, effective_at: '2026-04-05T00:00:00Z', ...reason });
  },
  'a longer trial': async (reason) => {
    const own = await begin('trial', trial);
    return at.ask(invoicing.endTrial, { ...own, effective_at: '2026-04-28T00:00:00Z', ...reason });
  },
  'a trial that is longer by the whole of the month': async (reason) => {
    const own = await begin('long-trial', trial);
    return at.ask(invoicing.endTrial, { ...own, effective_at: '2026-05-15T00:00:00Z', ...reason });
  },
  'a cancellation': async (reason) => at.ask(invoicing.cancelSubscription, { ...(await begin('end')), ...reason }),
  'a plan that is dearer and includes what was used': async (reason) => {
    const own = await begin('plan');
    const items = [{ kind: 'bandwidth_gb', included_qty: '1000', overage_price_cents: '10' }];
    const roomy = { plan_code: 'roomy', base_price_cents: 9001, proration: 'daily' as const, items };
    granted(await at.ask(invoicing.putPlan, roomy));
    return at.ask(invoicing.changePlan, {
      ...{ ...own, plan_code: 'roomy', effective_at: '2026-04-01T00:00:00Z' },
      ...reason,
    });
  },
  'an addon that includes what was used': async (reason) => {
    const own = await begin('addon');
    const attach = { ...own, addon_code: 'traffic_1000gb', effective_at: '2026-04-01T00:00:00Z' };
    return at.ask(invoicing.attachAddon, { ...attach, ...reason });
  },
  'a discount': async (reason) => {
    await begin('discount');
    return at.ask(invoicing.addDiscount, { tenant_id: 'discount', name: 'x', on: 'invoice', percent: '1', ...reason });
  },
  'a price of its own': async (reason) => {
    await begin('price');
    const price = { tenant_id: 'price', plan_code: 'by_days', base_price_cents: 1, from: '2026-04-01' };
    return at.ask(invoicing.addPriceOverride, { ...price, ...reason });
  },
  'granted credit': async (reason) => {
    await begin('credit');
    const credit = { tenant_id: 'credit', origin: 'granted' as const, name: 'x', amount_cents: 1 };
    return at.ask(invoicing.createPrepaidCredit, { ...credit, ...reason });
  },
};

describe('invoicing: an operator gives a reason for what lowers the running month or one before it', () => {
  it.each(Object.keys(lowering))('%s', async (name) => {
    expect(refusal(await lowering[name]?.({}))).toBe('reason-missing');
  });

  it('with a reason each is granted, and what is published carries it', async () => {
    const own = { deployment_id: deploymentId('pause') };
    granted(await at.ask(invoicing.pauseSubscription, { ...own, effective_at: '2026-04-12T00:00:00Z', reason: 'why' }));
    const published = await at.publishedEvents(invoicing.subscriptionChanged);
    expect(published.flatMap(({ data }) => (data.deployment_id === own.deployment_id ? [data.reason] : []))).toContain(
      'why',
    );
    for (const [tenant_id, grant] of [
      [
        'discount',
        () =>
          at.ask(invoicing.addDiscount, {
            tenant_id: 'discount',
            name: 'x',
            on: 'invoice',
            percent: '1',
            reason: 'why',
          }),
      ],
      [
        'price',
        () =>
          at.ask(invoicing.addPriceOverride, {
            tenant_id: 'price',
            plan_code: 'by_days',
            base_price_cents: 1,
            from: '2026-04-01',
            reason: 'why',
          }),
      ],
    ] as const) {
      granted(await grant());
      const terms = granted(await at.ask(invoicing.getTenantTerms, { tenant_id }));
      expect([...terms.discounts, ...terms.price_overrides]).toMatchObject([{ reason: 'why' }]);
    }
  });
});

describe('invoicing: an operator needs no reason for what lowers nothing', () => {
  it('subscribing anew for a time long before the first subscription, of which no month is rated', async () => {
    const own = await begin('ancient');
    const ancient = {
      ...own,
      plan_code: 'by_days',
      starts_at: '1000-01-01T00:00:00Z',
      ends_at: '1000-02-01T00:00:00Z',
    };
    expect(refusal(await at.ask(invoicing.subscribe, ancient))).toBe('granted');
  }, 20_000);

  it.each<[what: string, act: () => Promise<unknown>]>([
    ['an earlier end of a trial', async () => at.ask(invoicing.endTrial, await begin('earlier', trial))],
    [
      'a pause with the next month',
      async () =>
        at.ask(invoicing.pauseSubscription, { ...(await begin('next')), effective_at: '2026-05-01T00:00:00Z' }),
    ],
    ['a dearer plan', async () => at.ask(invoicing.changePlan, { ...(await begin('more')), plan_code: 'dearer' })],
    [
      'paid credit',
      async () => {
        await begin('payer');
        return at.ask(invoicing.createPrepaidCredit, {
          tenant_id: 'payer',
          origin: 'paid',
          name: 'x',
          amount_cents: 1,
          reference: 'bank 1',
        });
      },
    ],
    [
      'a discount from the next month on',
      async () => {
        await begin('later');
        return at.ask(invoicing.addDiscount, {
          tenant_id: 'later',
          name: 'x',
          on: 'invoice',
          percent: '1',
          first_period: '2026-05',
        });
      },
    ],
  ])('%s', async (_, act) => {
    expect(refusal(await act())).toBe('granted');
  });
});
