import { inventorySync, invoicing } from '@arcadia/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ConsoleStage,
  linksIn,
  openConsoleStage,
  operator,
  type Shown,
  textOf,
  type Visitor,
} from './src/console-stage.ts';
import { faultBeside, sendForm, stale } from './src/forms.ts';

let stage: ConsoleStage;
let visitor: Visitor;

beforeAll(async () => {
  stage = await openConsoleStage();
  visitor = await stage.signIn(operator);
});
afterAll(() => stage[Symbol.asyncDispose]());

const send = (page: Shown, name: string, values: Readonly<Record<string, string>> = {}): Promise<Shown> =>
  sendForm(visitor, page, name, values);

test('a rule that shares in fixed parts is changed to another one without emptying the parts that its form shows', async () => {
  const first = { from_period: '2026-05', method: 'fixed', kind: '', shares: 'operator 1' };
  await send(await visitor.get('/bill/allocation/credit'), 'rule', first);
  const page = await visitor.get('/bill/allocation/credit');
  const changed = await send(page, 'rule', { ...first, method: 'cost' });
  expect(textOf(changed.html)).toContain('shared by what each cost');
});

test('a key, an exchange rate, an owner and the terms of a tenant are not changed from a page that is no longer true', async () => {
  const made = await send(await visitor.get('/api-keys'), 'key', { name: 'nightly', role: 'auditor' });
  const key = linksIn(made.html).find((link) => /^\/api-keys\/./.test(link)) ?? '';
  const [resource] = await stage.stack.player.api.list(inventorySync.listUnattributed, {});
  const term = { plan_code: 'studio', kind: '', price: '45.00', from: '2027-01-01', reason: 'a promise' };
  const rate = { period: '2026-03', from: 'USD', to: 'AUD', source: 'the bank' };
  const cases = [
    [key, 'rotate', { overlap: '3600' }, { overlap: '0' }],
    ['/bill', 'rate', { ...rate, rate: '1.51' }, { ...rate, rate: '1.61' }],
    [
      `/inventory/${resource?.resource_id ?? ''}`,
      'attribute',
      { owner: 'none', reason: 'ours' },
      { owner: 'automatic' },
    ],
    ['/tenants/acme', 'price', term, { ...term, price: '44.00' }],
  ] as const;
  for (const [path, form, first, second] of cases) {
    const page = await visitor.get(path);
    expect([form, (await send(page, form, first)).status]).toEqual([form, 200]);
    const late = await send(page, form, second);
    expect([form, late.status, textOf(late.html)]).toEqual([form, 422, expect.stringContaining(stale)]);
  }
});

test('an amount without a charge is refused beside the charge, and credits nothing', async () => {
  const { api } = stage.stack.player;
  const [invoice] = await api.list(invoicing.listInvoices, { status: 'issued' });
  const page = await visitor.get(`/invoices/${invoice?.invoice_id ?? ''}`);
  const refused = await send(page, 'credit', { line_id: '', amount: '12.50', reason: 'an hour of outage' });
  expect([refused.status, faultBeside(refused, 'credit-line_id')]).toEqual([
    422,
    expect.stringContaining('Choose the charge'),
  ]);
  expect([refused.html.includes('value="12.50"'), refused.html.includes('an hour of outage')]).toEqual([true, true]);
  expect(await api.list(invoicing.listCreditNotes, { invoice_id: invoice?.invoice_id ?? '' })).toEqual([]);
});

test('a choice of no rows is refused, and the reason that was typed stays', async () => {
  const drifts = await visitor.post('/drift/accept', { reason: 'ordered by telephone' });
  expect([drifts.status, textOf(drifts.html)]).toEqual([
    422,
    expect.stringContaining('tick the differences to accept'),
  ]);
  expect(drifts.html).toContain('ordered by telephone');
  const resources = await visitor.post('/inventory/attribute', { owner: 'none', reason: 'of the operator' });
  expect([resources.status, textOf(resources.html)]).toEqual([
    422,
    expect.stringContaining('tick the resources to attribute'),
  ]);
});
