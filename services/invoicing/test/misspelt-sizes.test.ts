import { type EventData, inventorySync, invoicing, isRefusal } from '@arcadia/contracts';
import { publishEvent } from '@arcadia/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { granted, openStage } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;

const kind = 'droplet_hours';
const observed = (size_slug: string): EventData<typeof inventorySync.priceObserved> => ({
  provider: 'digitalocean',
  size_slug,
  price_monthly: '6',
  price_hourly: '0.00893',
  currency: 'USD',
  effective_at: '2026-04-01T00:00:00Z',
  observed_at: '2026-04-01T00:00:00Z',
});

beforeAll(async () => {
  at = await openStage('2026-04-10T12:00:00Z');
});
afterAll(() => at[Symbol.asyncDispose]());

const outcome = (answer: unknown): string => (isRefusal(answer) ? `${answer.refused}: ${answer.detail}` : 'granted');
const plan = async (dimension: string) =>
  outcome(
    await at.ask(invoicing.putPlan, {
      plan_code: `plan_${dimension.replaceAll(/[^a-z0-9]/g, '_')}`,
      base_price_cents: 1,
      items: [{ kind, dimension, included_qty: '1', overage_price_cents: '1' }],
    }),
  );
const own = async (dimension: string, plan_code = 'owned') =>
  outcome(
    await at.ask(invoicing.addPriceOverride, {
      ...{ tenant_id: 'owner', plan_code, kind, dimension, overage_price_cents: '1' },
      ...{ from: '2026-05-01', reason: 'agreed' },
    }),
  );
const quote = async (dimension: string) =>
  outcome(await at.ask(invoicing.createQuote, { plan_code: 'owned', usage: [{ kind, dimension, qty: '1' }] }));
const price = async (dimension: string) =>
  outcome(await at.ask(invoicing.putPrice, { kind, dimension, unit_price_cents: '1' }));

describe('invoicing: a size of a plan or a price', () => {
  it('is taken as it is while the sizes of the provider are unknown', async () => {
    expect(await plan('s-9vpcu-9gb')).toBe('granted');
    expect([await plan('s1vcpu-1gb'), await price('s1vcpu-1gb')]).toEqual(['granted', 'granted']);
  });

  it('is refused if it looks like a misspelling of one that the provider lists, naming that one', async () => {
    await publishEvent(at.nats, inventorySync.priceObserved, [observed('s-1vcpu-1gb'), observed('g-2vcpu-8gb')]);
    await at.running.settled();
    expect(await plan('s-1vpcu-1gb')).toMatch(/^invalid-plan: .* names s-1vpcu-1gb, .* near it: s-1vcpu-1gb/);
    expect(await price('g2vcpu-8gb')).toMatch(/^unknown-dimension: .* near it: g-2vcpu-8gb/);
    const bySize = {
      kind,
      included_qty: '0',
      overage_price_cents: '1',
      charge_model: 'by_size' as const,
      sizes: [{ dimension: 's-1vcpu-1bg', unit_price_cents: '2' }],
    };
    const sized = { plan_code: 'sized', base_price_cents: 1, items: [bySize] };
    expect(outcome(await at.ask(invoicing.putPlan, sized))).toMatch(/sizes names s-1vcpu-1bg, .* s-1vcpu-1gb/);
  });

  it.each(['s-1vcpu-1gb', 's-3vcpu-1gb', '512mb', 'm-2vcpu-8gb', 'g-*', 's-9vpcu-9gb'])(
    '%s, which may exist, is taken',
    async (size) => {
      expect([await plan(size), await price(size)]).toEqual(['granted', 'granted']);
    },
  );

  it('is refused likewise in a price of a tenant’s own and in the usage of a quote', async () => {
    await at.deploy('owner', 'owner');
    const items = [{ kind, dimension: 's-1vcpu-1gb', included_qty: '1', overage_price_cents: '1' }];
    granted(await at.ask(invoicing.putPlan, { plan_code: 'owned', base_price_cents: 1, items }));
    expect(await own('s-1vpcu-1gb')).toMatch(/^unknown-dimension: The price of droplet_hours .* near it: s-1vcpu-1gb/);
    expect(await own('s-1vcpu-1gb')).toBe('granted');
    expect(await quote('s-1vpcu-1gb')).toMatch(/^unknown-dimension: The usage of droplet_hours .* s-1vcpu-1gb/);
    expect(await quote('s-1vcpu-1gb')).toBe('granted');
  });

  it('is not known by having been stored, but a plan may keep its own', async () => {
    const former = 's1vcpu-1gb';
    expect(await price(former)).toMatch(/^unknown-dimension: .* near it: s-1vcpu-1gb/);
    const items = [{ kind, dimension: former, included_qty: '2', overage_price_cents: '1' }];
    const terms = { base_price_cents: 1, items };
    expect(outcome(await at.ask(invoicing.putPlan, { plan_code: 'another', ...terms }))).toMatch(/^invalid-plan: /);
    expect(outcome(await at.ask(invoicing.putPlan, { plan_code: 'plan_s1vcpu_1gb', ...terms }))).toBe('granted');
    expect(await own(former, 'plan_s1vcpu_1gb')).toBe('granted');
  });

  it('is taken once its list price is known', async () => {
    expect(await plan('s-1vcpu-1gbx')).toMatch(/^invalid-plan: /);
    const listed = { kind, dimension: 's-1vcpu-1gbx', currency: 'USD', price_monthly: '7' };
    expect(outcome(await at.ask(invoicing.putListPrices, { prices: [listed] }))).toBe('granted');
    expect(await plan('s-1vcpu-1gbx')).toBe('granted');
  });
});
