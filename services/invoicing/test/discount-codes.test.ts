import { invoicing, isRefusal, type RequestContract } from '@arcadia/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { deploymentId, granted, openStage, operator, tenantActor } from './stage.ts';

type Stage = Awaited<ReturnType<typeof openStage>>;
let at: Stage;
const kind = 'load_balancer_hours';

beforeAll(async () => {
  at = await openStage('2026-04-10T12:00:00Z');
  const plan = (plan_code: string, base_price_cents: number) =>
    at.ask(invoicing.putPlan, {
      plan_code,
      name: plan_code,
      base_price_cents,
      items: [{ kind, included_qty: '100', overage_price_cents: '10' }],
    });
  granted(await plan('small', 2000));
  granted(await plan('large', 9000));
});
afterAll(() => at[Symbol.asyncDispose]());

const setClock = (instant: string) => at.clock.set(Temporal.Instant.from(instant));

/** A tenant with a subscription since April. */
const begin = async (name: string, plan = 'small') => {
  setClock('2026-04-10T12:00:00Z');
  await at.deploy(name, name);
  return at.subscribe(name, plan);
};

const refusal = async <Contract extends RequestContract>(
  contract: Contract,
  input: z.input<Contract['input']>,
  actor = operator,
) => {
  const answer = await at.ask(contract, input, actor);
  return isRefusal(answer) ? `${answer.refused}: ${answer.detail}` : answer;
};
const code = async (name: string, fields: Partial<z.input<typeof invoicing.createDiscountCode.input>> = {}) =>
  granted(
    await at.ask(invoicing.createDiscountCode, {
      code: name,
      name: `Offer ${name}`,
      on: 'invoice',
      percent: '10',
      ...fields,
    }),
  );

describe('invoicing: discount codes', () => {
  it('a code is redeemed once by each tenant, as often as its limit allows, and only by those it is for', async () => {
    for (const name of ['first', 'second', 'third']) await begin(name);
    await code('Twice_2', { max_redemptions: 2, months: 3 });
    await code('FOR_FIRST', { tenants: ['first'] });
    await code('BY_HAND', { is_redeemable: false });
    await code('LATER', { redeemable_from: '2026-06-01T00:00:00Z' });
    await code('IN_USD', { currency: 'USD', amount_cents: 100, percent: undefined });
    const redeem = (tenant: string, of: string) =>
      refusal(invoicing.redeemDiscountCode, { code: of }, tenantActor(tenant));
    expect(await redeem('first', 'twice_2')).toMatchObject({
      code: 'TWICE_2',
      first_period: '2026-05',
      last_period: '2026-07',
    });
    expect(await redeem('first', 'TWICE_2')).toMatch(/^already-redeemed: /);
    expect(await redeem('second', 'TWICE_2')).toMatchObject({ percent: '10' });
    expect(await redeem('third', 'TWICE_2')).toMatch(/^code-used-up: /);
    for (const hidden of ['FOR_FIRST', 'BY_HAND', 'LATER', 'NO_SUCH'])
      expect(await redeem('third', hidden)).toBe(`code-not-found: The code ${hidden} cannot be redeemed.`);
    expect(await redeem('third', 'IN_USD')).toMatch(/^currency-mismatch: .* USD; .* AUD/);
    expect(await refusal(invoicing.redeemDiscountCode, { code: 'BY_HAND' })).toMatch(/^tenant-missing: /);
    expect(
      await refusal(invoicing.redeemDiscountCode, { code: 'BY_HAND', tenant_id: 'first' }, tenantActor('second')),
    ).toMatch(/^not-found: /);
    expect(
      await refusal(invoicing.addDiscount, { tenant_id: 'third', code: 'BY_HAND', reason: 'agreed' }),
    ).toMatchObject({
      discounts: [{ code: 'BY_HAND', first_period: '2026-04' }],
    });
    expect(await refusal(invoicing.addDiscount, { tenant_id: 'third', code: 'LATER' })).toMatch(
      /it is given from 2026-06-01/,
    );
    expect(
      await refusal(invoicing.createDiscountCode, { code: 'late', name: 'x', on: 'invoice', percent: '1' }),
    ).toMatchObject({ code: 'LATE' });
    expect(
      await refusal(invoicing.createDiscountCode, { code: 'LATER', name: 'x', on: 'invoice', percent: '1' }),
    ).toMatch(/^code-exists: /);
    expect(await refusal(invoicing.endDiscountCode, { code: 'TWICE_2' })).toMatchObject({
      redemptions: 2,
      ended_at: '2026-04-10T12:00:00Z',
    });
    expect(await refusal(invoicing.endDiscountCode, { code: 'TWICE_2' })).toMatch(/^already-ended: /);
    expect(granted(await at.ask(invoicing.listDiscountCodes, { limit: 1 })).items).toMatchObject([{ code: 'BY_HAND' }]);
  });

  it('a redeemed code never lowers the running month: before anything is charged it holds at once', async () => {
    await code('ALL_OFF', { percent: '100' });
    setClock('2026-04-10T12:00:00Z');
    await at.deploy('fresh', 'fresh');
    const redeemed = await refusal(invoicing.redeemDiscountCode, { code: 'ALL_OFF' }, tenantActor('fresh'));
    expect(redeemed).toMatchObject({ first_period: '2026-04', last_period: null });
    await at.subscribe('fresh', 'small');
    expect(granted(await at.ask(invoicing.previewInvoice, { tenant_id: 'fresh' })).so_far).toMatchObject({
      subtotal_cents: 0,
    });
    await begin('charged');
    expect(await refusal(invoicing.redeemDiscountCode, { code: 'ALL_OFF' }, tenantActor('charged'))).toMatchObject({
      first_period: '2026-05',
    });
  });

  it('a change to a dearer plan that a discount makes free takes effect with the next month', async () => {
    await code('LARGE_FREE', { on: 'plan', plan_code: 'large', percent: '100' });
    await begin('mover');
    expect(await refusal(invoicing.redeemDiscountCode, { code: 'LARGE_FREE' }, tenantActor('mover'))).toMatchObject({
      first_period: '2026-04',
    });
    const changed = granted(
      await at.ask(
        invoicing.changePlan,
        { deployment_id: deploymentId('mover'), plan_code: 'large' },
        tenantActor('mover'),
      ),
    );
    expect(changed.plans.map(({ effective_at }) => effective_at)).toEqual([
      '2026-04-01T00:00:00Z',
      '2026-05-01T00:00:00Z',
    ]);
    expect(granted(await at.ask(invoicing.previewInvoice, { tenant_id: 'mover' })).so_far).toMatchObject({
      subtotal_cents: 2000,
    });
  });
});

describe('invoicing: terms that make no sense are refused, naming the field', () => {
  it('each faulty term', async () => {
    await begin('refused');
    const tenant_id = 'refused';
    const discount = (fields: object) => refusal(invoicing.addDiscount, { tenant_id, name: 'x', ...fields });
    expect(await discount({ percent: '10' })).toMatch(/^invalid-term: `on`/);
    expect(await discount({ on: 'invoice' })).toBe('invalid-term: Give either `percent` or `amount_cents`.');
    expect(await discount({ on: 'invoice', percent: '1', amount_cents: 1 })).toMatch(/^invalid-term: Give either/);
    expect(await discount({ on: 'plan', percent: '1' })).toMatch(/^invalid-term: `plan_code` is missing/);
    expect(await discount({ on: 'invoice', kind, percent: '1' })).toMatch(/^invalid-term: `kind` is given/);
    expect(await discount({ on: 'plan', plan_code: 'none_such', percent: '1' })).toMatch(/^plan-not-found: /);
    expect(await discount({ code: 'x-y-z', on: 'invoice', percent: '1' })).toMatch(/^invalid-term: .*`code`/);
    expect(
      await refusal(invoicing.addDiscount, { tenant_id: 'no-such', name: 'x', on: 'invoice', percent: '1' }),
    ).toMatch(/^not-found: /);
    const price = (fields: object) =>
      refusal(invoicing.addPriceOverride, {
        tenant_id,
        plan_code: 'small',
        from: '2026-04-01',
        reason: 'agreed',
        ...fields,
      });
    expect(await price({})).toMatch(/^invalid-term: Give either `base_price_cents`/);
    expect(await price({ base_price_cents: 1, kind })).toMatch(/^invalid-term: `kind`/);
    expect(await price({ overage_price_cents: '1' })).toMatch(/^invalid-term: `kind` is missing/);
    expect(await price({ base_price_cents: 1, until: '2026-04-01' })).toMatch(/^invalid-term: `until`/);
    expect(await price({ kind, dimension: 'g-*', overage_price_cents: '1' })).toMatch(/^invalid-term: `dimension`/);
    const { subscription_id } = await begin('other');
    expect(await price({ base_price_cents: 1, subscription_id })).toMatch(/^not-found: /);
    expect(await price({ base_price_cents: 1, until: '2026-05-01' })).toMatchObject({ revision: 1 });
    expect(await price({ base_price_cents: 2, from: '2026-04-30' })).toMatch(/^term-overlaps: .*from 2026-04-01/);
    expect(await price({ base_price_cents: 2, from: '2026-05-01' })).toMatchObject({ revision: 2 });
    const least = (from: string) => refusal(invoicing.addCommitment, { tenant_id, amount_cents: 1, from });
    expect(await least('2026-04-01')).toMatchObject({ commitments: [{ amount_cents: 1 }] });
    expect(await least('2027-04-01')).toMatch(/^term-overlaps: /);
    expect(await refusal(invoicing.getTenantTerms, { tenant_id }, tenantActor('other'))).toMatch(/^not-found: /);
  });
});

describe('invoicing: a discount of an amount that several deployments share', () => {
  it('is not lost by one of them to lower what the tenant pays in the running month', async () => {
    for (const [plan_code, base_price_cents] of [
      ['lean', 2500],
      ['dear', 3000],
    ] as const)
      granted(await at.ask(invoicing.putPlan, { plan_code, base_price_cents }));
    await code('LEAN-24', { on: 'plan', plan_code: 'lean', percent: undefined, amount_cents: 2400 });
    await code('DEAR-90', { on: 'plan', plan_code: 'dear', percent: '90' });
    await begin('sharer', 'lean');
    await at.deploy('sharer-2', 'sharer');
    await at.subscribe('sharer-2', 'lean');
    const own = tenantActor('sharer');
    for (const each of ['LEAN-24', 'DEAR-90']) granted(await at.ask(invoicing.redeemDiscountCode, { code: each }, own));
    setClock('2026-05-10T12:00:00Z');
    const total = async () =>
      granted(await at.ask(invoicing.previewInvoice, { tenant_id: 'sharer' })).so_far.subtotal_cents;
    expect(await total()).toBe(2600);
    const change = { deployment_id: deploymentId('sharer-2'), plan_code: 'dear' };
    // By itself the deployment would cost 1.00 before and 3.00 after; the tenant would pay 4.00 instead of 26.00.
    const changed = granted(await at.ask(invoicing.changePlan, change, own));
    expect(changed.plans.at(-1)).toMatchObject({ plan_code: 'dear', effective_at: '2026-06-01T00:00:00Z' });
    expect(await total()).toBe(2600);
  });
});
