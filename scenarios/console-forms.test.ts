import { billingIngest, inventorySync, invoicing, notifications, provisioning } from '@arcadia/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  acme,
  type ConsoleStage,
  linksIn,
  openConsoleStage,
  operator,
  type Shown,
  textOf,
  type Visitor,
} from './src/console-stage.ts';
import { faultBeside, formOn, sendForm, stale } from './src/forms.ts';

let stage: ConsoleStage;
let visitor: Visitor;

beforeAll(async () => {
  stage = await openConsoleStage();
  visitor = await stage.signIn(operator);
});
afterAll(() => stage[Symbol.asyncDispose]());

const send = (page: Shown, name: string, values: Readonly<Record<string, string>> = {}): Promise<Shown> =>
  sendForm(visitor, page, name, values);

test('a webhook endpoint is added, tested, changed, given a new secret, replayed and deleted', async () => {
  const list = await visitor.get('/webhooks');
  expect(textOf(list.html)).toContain('No program is notified yet. Add an endpoint below');
  const none = await send(list, 'endpoint', { url: '', description: 'accounting' });
  expect([none.status, faultBeside(none, 'endpoint-url'), faultBeside(none, 'endpoint-event_types')]).toEqual([
    422,
    'Enter the address that the notifications are posted to.',
    'Tick at least one.',
  ]);
  expect(none.html).toContain('value="accounting"');
  const own = { url: 'https://10.0.0.1/hook', event_types: 'invoice.paid' };
  const refused = await send(list, 'endpoint', own);
  expect([refused.status, faultBeside(refused, 'endpoint-url')]).toEqual([422, expect.stringContaining('10.0.0.1')]);
  expect(formOn(refused.html, 'endpoint').text).toMatch(/value="invoice.paid" checked/);

  const made = await send(list, 'endpoint', { ...own, url: 'https://hooks.example/arcadia' });
  expect(textOf(made.html)).toContain('Copy it now: it is shown this once');
  expect(made.html).toMatch(/whsec_/);
  const address = linksIn(made.html).find((link) => /^\/webhooks\/./.test(link)) ?? '';
  const page = await visitor.get(address);
  expect(page.html).not.toContain('whsec_');
  expect(textOf(page.html)).toContain('No notification has been sent to it.');

  const tested = await send(page, 'test');
  expect(textOf(tested.html)).toContain('A test notification is on its way');
  const delivery = linksIn(tested.html).find((link) => link.startsWith('/webhooks/deliveries/')) ?? '';
  const one = await visitor.get(delivery);
  expect(textOf(one.html)).toContain('webhook_endpoint.tested');
  expect(textOf((await send(one, 'replay')).html)).toContain('The notification is sent again');

  const changed = await send(page, 'change', {
    ...own,
    url: 'https://hooks.example/second',
    event_types: 'invoice.issued',
  });
  expect([changed.status, textOf(changed.html)]).toEqual([200, expect.stringContaining('hooks.example/second')]);
  const late = await send(page, 'change', { ...own, url: 'https://hooks.example/late' });
  expect([late.status, textOf(late.html)]).toEqual([422, expect.stringContaining(stale)]);
  expect(late.html).toContain('value="https://hooks.example/late"');
  const rotated = await send(changed, 'rotate', { overlap: '3600' });
  expect(rotated.html).toMatch(/whsec_/);

  const at = await visitor.get(address);
  const undated = await send(at, 'replay', { from: 'yesterday', statuses: 'failed' });
  expect([undated.status, faultBeside(undated, 'replay-from')]).toEqual([422, expect.stringContaining('UTC time')]);
  expect(textOf((await send(at, 'replay', { from: '2026-04-01', statuses: 'failed' })).html)).toMatch(
    /notifications? (is|are) sent again/,
  );
  const disabled = await send(at, 'disable');
  expect(textOf(disabled.html)).toContain('Disabled');
  expect(textOf((await send(disabled, 'enable')).html)).toContain('The endpoint is enabled.');
  const gone = await send(await visitor.get(address), 'delete');
  expect(textOf(gone.html)).toContain('is deleted with its log');
  expect(await stage.stack.player.api.list(notifications.listWebhookEndpoints, {})).toEqual([]);
});

test('a tenant sees and adds its own endpoints alone, without the types of the operator', async () => {
  const tenant = await stage.signIn(acme);
  const { html } = await tenant.get('/webhooks');
  expect(formOn(html, 'endpoint').text).toContain('value="invoice.issued"');
  expect(formOn(html, 'endpoint').text).not.toContain('value="bill.unreconciled"');
  expect(formOn(html, 'endpoint').text).not.toContain('name="tenant_id"');
});

test('prices of usage are changed line by line; a wrong line is named and kept, and a stale form is refused', async () => {
  const { api } = stage.stack.player;
  const page = await visitor.get('/catalog/plans/studio');
  const { text, hidden } = formOn(page.html, 'change');
  const lines = /<textarea[^>]*>([\s\S]*?)<\/textarea>/.exec(text)?.[1] ?? '';
  expect(lines).toContain('droplet_hours 1488 0.01');
  const price = { name: 'Studio', price: '50.00', proration: 'none', items: lines };
  const same = await send(page, 'change', price);
  expect(textOf(same.html)).toContain('Nothing differs from version 1, so it stays.');

  const wrong = await send(page, 'change', { ...price, items: `${lines}\nllm_input_tokens many` });
  expect([wrong.status, faultBeside(wrong, 'change-items')]).toEqual([
    422,
    expect.stringContaining('“many” is no number'),
  ]);
  expect(wrong.html).toContain('llm_input_tokens many');
  const unknown = await send(page, 'change', { ...price, items: 'no_such_kind 1 0.01' });
  expect([unknown.status, faultBeside(unknown, 'change-items')]).toEqual([
    422,
    expect.stringContaining('no_such_kind'),
  ]);

  const draft = await visitor.post('/catalog/plans/studio/draft', {
    ...hidden,
    idempotency_key: crypto.randomUUID(),
    ...price,
    price: '55.00',
  });
  expect(textOf(draft.html)).toContain('is kept as a draft');
  const edited = await send(draft, 'terms', { ...price, price: '56.00' });
  expect(textOf(edited.html)).toContain('56.00');
  expect(textOf((await send(draft, 'publish')).html)).toContain(stale);
  expect(textOf((await send(edited, 'delete')).html)).toContain('is deleted');

  const dearer = { ...price, items: lines.replace('droplet_hours 1488 0.01', 'droplet_hours 1488 0.015') };
  const done = await send(page, 'change', dearer);
  expect(textOf(done.html)).toContain('is on offer. Existing subscriptions keep theirs.');
  const { items } = await api.request(invoicing.getPlan, { plan_code: 'studio' });
  expect(items.find(({ kind }) => kind === 'droplet_hours')?.overage_price_cents).toBe('1.5');
  const late = await send(page, 'change', { ...dearer, price: '60.00' });
  expect([late.status, textOf(late.html)]).toEqual([422, expect.stringContaining(stale)]);
  expect(late.html).toContain('value="60.00"');
});

test('addons, fallback prices and a file of list prices are set in the catalog', async () => {
  const { api } = stage.stack.player;
  const catalog = await visitor.get('/catalog');
  const addon = { addon_code: 'backup_10gb', name: 'Backup 10 GB', kind: 'spaces_gb_month', qty: '10', price: '5.00' };
  expect(faultBeside(await send(catalog, 'addon', { ...addon, qty: 'ten' }), 'addon-qty')).toBe(
    'Enter a quantity such as 50.',
  );
  expect((await send(catalog, 'addon', addon)).status).toBe(200);
  const twice = await send(catalog, 'addon', { ...addon, price: '1.00' });
  expect([twice.status, faultBeside(twice, 'addon-addon_code')]).toEqual([
    422,
    expect.stringContaining('There is an addon'),
  ]);
  const page = await visitor.get('/catalog/addons/backup_10gb');
  const changed = await send(page, 'change', { ...addon, price: '6.00', is_offered: 'true' });
  expect(textOf(changed.html)).toContain('is changed. Attached ones keep their price');
  expect(textOf((await send(page, 'change', { ...addon, price: '7.00' })).html)).toContain(stale);
  expect((await api.request(invoicing.getAddon, { addon_code: 'backup_10gb' })).price_cents).toBe(600);

  const price = { kind: 'bandwidth_gb', price: '0.03', overage_unit: '', currency: 'AUD', valid_from: '2030-01-01' };
  const refused = await send(catalog, 'price', { ...price, price: 'cheap' });
  expect([refused.status, faultBeside(refused, 'price-price')]).toEqual([422, 'Enter a price in AUD, such as 0.01.']);
  expect(textOf((await send(catalog, 'price', price)).html)).toContain('holds from 1 January 2030 on');

  const empty = await send(catalog, 'list-price', { csv: ' ' });
  expect(faultBeside(empty, 'list-price-csv')).toBe('Choose a file, or paste its lines.');
  const file = (text: string): FormData => {
    const { hidden } = formOn(catalog.html, 'list-price');
    const body = new FormData();
    for (const [name, value] of Object.entries({ ...hidden, idempotency_key: crypto.randomUUID(), csv: '' }))
      body.append(name, value);
    body.append('csv_upload', new File([text], 'prices.csv', { type: 'text/csv' }));
    return body;
  };
  const broken = await visitor.post('/catalog/list-price', file('kind,price\nx,1\n'));
  expect([broken.status, broken.html]).toEqual([422, expect.stringContaining('kind,price\nx,1')]);
  expect(faultBeside(broken, 'list-price-csv')).toContain('rejected');
  const csv =
    'kind,dimension,price_monthly,unit_price,valid_from\ndatabase_node_hours,db-s-1vcpu-1gb,15.15,,2030-01-01\n';
  expect(textOf((await visitor.post('/catalog/list-price', file(csv))).html)).toContain('1 list price is loaded.');
});

test('a subscription is given an addon, paused, resumed, cancelled and kept; a stale form is refused', async () => {
  const [deployment] = await stage.stack.player.api.list(provisioning.listDeployments, { tenant_id: 'acme' });
  const address = `/deployments/${deployment?.deployment_id ?? ''}`;
  const first = await visitor.get(address);
  const many = await send(first, 'subscription-attach', { addon_code: 'storage_50gb', quantity: 'two' });
  expect(faultBeside(many, 'subscription-attach-quantity')).toBe('Enter a whole number from 1 to 1,000.');
  const attached = await send(first, 'subscription-attach', { addon_code: 'storage_50gb', quantity: '2' });
  expect(textOf(attached.html)).toContain('is attached.');
  const late = await send(first, 'subscription-pause', { at: '' });
  expect([late.status, textOf(late.html)]).toEqual([422, expect.stringContaining(stale)]);

  const wrong = await send(attached, 'subscription-pause', { at: '2026-02-30' });
  expect(faultBeside(wrong, 'subscription-pause-at')).toContain('Enter a UTC time');
  const paused = await send(attached, 'subscription-pause', { at: '' });
  expect(textOf(paused.html)).toContain('The subscription is paused.');
  const resumed = await send(paused, 'subscription-resume');
  expect(textOf(resumed.html)).toContain('The subscription goes on.');
  const [, addonId = ''] =
    /<option value="([0-9a-f-]{36})"/.exec(formOn(resumed.html, 'subscription-detach').text) ?? [];
  const detached = await send(resumed, 'subscription-detach', { addon_id: addonId, when: 'period_end' });
  expect(textOf(detached.html)).toContain('The addon has an end now.');
  const cancelled = await send(detached, 'subscription-cancel', { when: 'period_end' });
  expect(textOf(cancelled.html)).toContain('The subscription ends');
  const kept = await send(cancelled, 'subscription-resume');
  expect(textOf(kept.html)).toContain('The subscription goes on.');
});

test('lines of the whole account are shared by a rule, whose wrong parts are named and kept', async () => {
  expect(textOf((await visitor.get('/bill/allocation')).html)).toContain('assigned to no one');
  const page = await visitor.get('/bill/allocation/support');
  const fixed = { from_period: '2026-05', method: 'fixed', kind: '' };
  const wrong = await send(page, 'rule', { ...fixed, shares: 'tenant acme a quarter' });
  expect([wrong.status, faultBeside(wrong, 'rule-shares')]).toEqual([
    422,
    expect.stringContaining('“tenant acme a quarter” is no share'),
  ]);
  const excess = await send(page, 'rule', { ...fixed, shares: 'tenant acme 0.7\noperator 0.7' });
  expect([excess.status, faultBeside(excess, 'rule-shares')]).toEqual([
    422,
    expect.stringMatching(/more than|exceed|at most/),
  ]);
  expect(excess.html).toContain('tenant acme 0.7\noperator 0.7');
  // What belongs to another way of sharing is refused, because it would be ignored.
  const shares = 'tenant acme 0.25\noperator 0.75';
  const ignored = await send(page, 'rule', { ...fixed, method: 'cost', kind: 'droplet_hours', shares });
  expect([ignored.status, faultBeside(ignored, 'rule-shares'), faultBeside(ignored, 'rule-kind')]).toEqual([
    422,
    expect.stringContaining('shared in fixed parts'),
    expect.stringContaining('shared by usage'),
  ]);
  expect(ignored.html).toContain(shares);
  const unnamed = await send(page, 'rule', { ...fixed, method: 'usage' });
  expect([unnamed.status, faultBeside(unnamed, 'rule-kind')]).toEqual([422, expect.stringContaining('Choose')]);
  const done = await send(page, 'rule', { ...fixed, shares });
  expect(textOf(done.html)).toContain('25 % to tenant acme and 75 % to the operator');
  const late = await send(page, 'rule', { ...fixed, method: 'none', shares: '' });
  expect([late.status, textOf(late.html)]).toEqual([422, expect.stringContaining(stale)]);
});

test('a difference of a bill that has none is not accepted, and the reason that was typed is not lost silently', async () => {
  const [bill] = await stage.stack.player.api.list(billingIngest.listProviderInvoices, {});
  const refused = await visitor.post(`/bill/${bill?.invoice_uuid ?? ''}/accept`, { reason: 'a promotional credit' });
  expect([refused.status, refused.html]).toEqual([422, expect.stringContaining('id="refused"')]);
});

test('the desired state of a resource is set and removed; a stale form is refused', async () => {
  const { api } = stage.stack.player;
  const { items } = await api.request(inventorySync.listResources, { kind: 'droplet', q: 'acme-web-1' });
  const resource_id = items[0]?.resource_id ?? '';
  const page = await visitor.get(`/inventory/${resource_id}`);
  const wrong = await send(page, 'desired', { spec: 'the size is small' });
  expect([wrong.status, faultBeside(wrong, 'desired-spec')]).toEqual([
    422,
    expect.stringContaining('is no field with a value'),
  ]);
  expect(wrong.html).toContain('the size is small');
  const set = await send(page, 'desired', { spec: 'size_slug: s-8vcpu-16gb' });
  expect(textOf(set.html)).toContain('The desired state is set.');
  expect((await api.request(provisioning.getDesiredState, { resource_id })).spec).toEqual({
    size_slug: 's-8vcpu-16gb',
  });
  const late = await send(page, 'desired', { spec: 'size_slug: s-4vcpu-8gb' });
  expect([late.status, textOf(late.html)]).toEqual([422, expect.stringMatching(/changed since|version/)]);
  expect(textOf((await send(set, 'undesired')).html)).toContain('The resource has no desired state any more');
});

test('a close shows how many of its tenants are invoiced, and lists show how many rows they have', async () => {
  expect(textOf((await visitor.get('/periods/2026-04')).html)).toMatch(/(\d+) of \1 tenants? (is|are) invoiced\./);
  for (const address of ['/tenants', '/invoices', '/deployments', '/inventory', '/drift', '/audit', '/periods'])
    expect([address, textOf((await visitor.get(address)).html)]).toEqual([
      address,
      expect.stringMatching(/\d+ rows? CSV/),
    ]);
  const found = await visitor.get('/deployments?q=no-such-name');
  expect(textOf(found.html)).toContain('No deployment matches these filters.');
});
