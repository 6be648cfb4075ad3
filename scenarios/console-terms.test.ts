import { invoicing } from '@arcadia/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  acme,
  type ConsoleStage,
  hiddenIn,
  openConsoleStage,
  operator,
  textOf,
  type Visitor,
} from './src/console-stage.ts';

let stage: ConsoleStage;
let visitor: Visitor;

beforeAll(async () => {
  stage = await openConsoleStage();
  visitor = await stage.signIn(operator);
});
afterAll(() => stage[Symbol.asyncDispose]());

/** Sends a form of the page of acme. */
const agree = async (path: string, fields: Record<string, string>) =>
  visitor.post(`/tenants/acme/${path}`, { currency: 'AUD', ...fields });

test('terms of a tenant’s own are agreed and ended by forms, and the tenant sees them', async () => {
  const discount = { name: 'Spring', on: 'invoice', percent: '10', first_period: '2026-05', reason: 'ticket 4711' };
  expect(textOf((await agree('discount', discount)).html)).toMatch(
    /Discount Spring.*ticket 4711.*10 % off the whole invoice/s,
  );
  const price = { plan_code: 'studio', kind: 'droplet_hours', price: '0.008', from: '2026-05-01', reason: 'agreed' };
  expect(textOf((await agree('price', price)).html)).toContain('0.008 AUD for droplet hours');
  const commitment = { amount: '500.00', from: '2026-06-01', until: '2027-06-01' };
  expect(textOf((await agree('commitment', commitment)).html)).toContain('at least 500.00 AUD a month');
  const credit = { origin: 'granted', name: 'Start credit', amount: '25', reason: 'agreed' };
  expect(textOf((await agree('credit', credit)).html)).toMatch(/Start credit.*25\.00 AUD/s);
  const line = { description: 'Migration support', price: '-12.50', period: '2026-05' };
  expect(textOf((await agree('line', line)).html)).toContain(
    'The line of −12.50 AUD will stand on the invoice of 2026-05.',
  );

  const page = await visitor.get('/tenants/acme');
  const term = /<option value="(discount:[^"]+)"/.exec(page.html)?.[1] ?? '';
  expect(textOf((await agree('end-term', { term, last: '2026-05-31', reason: 'agreed' })).html)).toContain(
    'ended: agreed',
  );
  const left = /<option value="([0-9a-f-]{36})">Start credit/.exec(page.html)?.[1] ?? '';
  expect(textOf((await agree('end-credit', { credit_id: left, reason: 'repaid' })).html)).toContain(
    'Withdrawn: Start credit',
  );

  const { commitments, discounts, price_overrides } = await stage.stack.player.api.request(invoicing.getTenantTerms, {
    tenant_id: 'acme',
  });
  expect([
    commitments.map(({ amount_cents }) => amount_cents),
    discounts.map(({ percent, last_period }) => [percent, last_period]),
    price_overrides.map(({ overage_price_cents }) => overage_price_cents),
  ]).toEqual([[50_000], [['10', '2026-05']], ['0.8']]);
  expect(textOf((await (await stage.signIn(acme)).get('/')).html)).toContain('at least 500.00 AUD a month');
});

test('terms that cannot hold are refused beside the field, and what was typed stays', async () => {
  const refusals = [
    ['discount', { name: 'Much', on: 'invoice', percent: '101' }, 'discount-percent-fault'],
    ['discount', { name: 'Odd', on: 'invoice', amount: 'ten' }, 'discount-amount-fault'],
    ['price', { plan_code: 'studio', kind: 'droplet_hours', price: 'cheap', from: '2026-05-01' }, 'price-price-fault'],
    ['commitment', { amount: '10', from: 'soon' }, 'commitment-from-fault'],
    ['credit', { origin: 'paid', name: '', amount: '10', reference: 'bank 7' }, 'credit-name-fault'],
    ['line', { description: '', price: '1' }, 'line-description-fault'],
    ['discount', { name: 'Unfounded', on: 'invoice', percent: '7' }, 'discount-reason-fault'],
    ['credit', { origin: 'granted', name: 'Unfounded', amount: '9' }, 'credit-reason-fault'],
  ] as const;
  for (const [path, fields, fault] of refusals) {
    const { status, html } = await agree(path, fields);
    expect([path, status, html.includes(`id="${fault}"`)]).toEqual([path, 422, true]);
    for (const value of Object.values(fields).filter((text) => !/^\w+_|^invoice$|^paid$|^studio$|^$/.test(text)))
      expect([path, html.includes(`value="${value}"`)]).toEqual([path, true]);
  }
});

test('a plan is created for one tenant, and a page of it that is no longer true changes nothing', async () => {
  const fields = {
    plan_code: 'boutique',
    name: 'Boutique',
    currency: 'AUD',
    price: '75',
    proration: 'daily',
    publish: 'true',
  };
  const unclear = await visitor.post('/catalog/plans', { ...fields, items: 'droplet_hours many' });
  expect([unclear.status, unclear.html]).toEqual([422, expect.stringContaining('id="plan-items-fault"')]);
  const made = await visitor.post('/catalog/plans', {
    ...fields,
    items: 'droplet_hours 744 0.012',
    offered_to: 'acme',
  });
  expect([made.status, textOf(made.html)]).toEqual([200, expect.stringContaining('is created and on offer')]);
  expect(textOf((await (await stage.signIn(acme)).get('/plans')).html)).toContain('Boutique, version 1');
  const globex = await stage.signIn({ subject: 'globex-user', tenantId: 'globex', roles: ['tenant'] });
  expect(textOf((await globex.get('/plans')).html)).not.toContain('Boutique');

  const page = await visitor.get('/catalog/plans/boutique');
  const seen = hiddenIn(page.html);
  const items = 'droplet_hours 744 0.012';
  const change = { name: 'Boutique', price: '80.00', proration: 'daily', items, offered_to: 'acme, globex' };
  const sent = { ...change, if_match: (seen['if_match'] ?? '').replaceAll('&quot;', '"') };
  expect(textOf((await visitor.post('/catalog/plans/boutique', sent)).html)).toContain(
    'Version 2 of Boutique is on offer.',
  );
  expect(textOf((await globex.get('/plans')).html)).toContain('Boutique, version 2');
  const stale = await visitor.post('/catalog/plans/boutique', { ...sent, price: '90.00' });
  expect([stale.status, textOf(stale.html)]).toEqual([422, expect.stringContaining('was changed since you opened')]);
  expect(stale.html).toContain('value="90.00"');
  const plan = await stage.stack.player.api.request(invoicing.getPlan, { plan_code: 'boutique' });
  expect(plan.items).toMatchObject([{ kind: 'droplet_hours', included_qty: '744', overage_price_cents: '1.2' }]);
});

test('a discount code is made, redeemed by a tenant once, and ended', async () => {
  const made = await visitor.post('/catalog/codes', {
    code: 'AUTUMN26',
    name: 'Autumn',
    on: 'invoice',
    percent: '5',
    months: '3',
  });
  expect(textOf(made.html)).toMatch(/AUTUMN26.*5 % off the invoice/s);
  const own = await stage.signIn(acme);
  expect(textOf((await own.post('/plans/redeem', { code: 'autumn26' })).html)).toContain(
    'The discount “Autumn” holds from',
  );
  const twice = await own.post('/plans/redeem', { code: 'AUTUMN26' });
  expect([twice.status, twice.html]).toEqual([422, expect.stringContaining('value="AUTUMN26"')]);
  const ended = await visitor.post('/catalog/codes/AUTUMN26/end', {});
  expect(textOf(ended.html)).toMatch(/AUTUMN26.*1 .*Ended/s);
});
