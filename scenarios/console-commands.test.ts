import { drift, gateway, inventorySync, invoicing, metering, provisioning } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
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

test('an operator sees what a saga costs before it starts, and starts a dangerous one only after typing the name', async () => {
  const { api } = stage.stack.player;
  const { items } = await api.request(inventorySync.listResources, { kind: 'droplet', q: 'acme-db-1' });
  const droplet = items[0]?.provider_id ?? '';
  const form = await visitor.get('/sagas/new/resize_droplet');
  expect(form.html).toContain(`<option value="${droplet}"`);

  const query = `provider_id=${droplet}&size_slug=`;
  const unknown = await visitor.get(`/sagas/new/resize_droplet/review?${query}s-no-such-size`);
  expect([unknown.status, textOf(unknown.html)]).toEqual([422, expect.stringContaining('has no size s-no-such-size')]);
  expect(unknown.html).toContain('value="s-no-such-size"');

  const review = await visitor.get(`/sagas/new/resize_droplet/review?${query}s-2vcpu-4gb`);
  expect([review.status, textOf(review.html)]).toEqual([200, expect.stringMatching(/At the provider, a month .*USD/)]);
  const hidden = hiddenIn(review.html);
  expect(hidden).toMatchObject({ provider_id: droplet, size_slug: 's-2vcpu-4gb' });
  const unconfirmed = await visitor.post('/sagas/new/resize_droplet/start', { ...hidden, confirm: 'acme-web-1' });
  expect([unconfirmed.status, unconfirmed.html]).toEqual([422, expect.stringContaining('value="acme-web-1"')]);
  expect(textOf(unconfirmed.html)).toContain('acme-db-1');

  const { confirm: _, ...again } = hiddenIn(unconfirmed.html);
  const started = await visitor.post('/sagas/new/resize_droplet/start', { ...again, confirm: 'acme-db-1' });
  expect([started.status, textOf(started.html)]).toEqual([200, expect.stringContaining('Resize a droplet')]);
  const sagas = await api.list(provisioning.listSagas, { kind: 'resize_droplet' });
  expect(sagas.some(({ started_by }) => started_by === 'operator')).toBe(true);
});

test('an operator offboards a deployment only after seeing what is deleted', async () => {
  const [deployment] = await stage.stack.player.api.list(provisioning.listDeployments, { tenant_id: 'acme' });
  const address = `/sagas/new/offboard/review?deployment_id=${deployment?.deployment_id ?? ''}`;
  const review = await visitor.get(address);
  expect(textOf(review.html)).toMatch(/Droplet acme-[\w-]+ is deleted\./);
  expect(review.html).toContain(`Type ${deployment?.slug} to confirm`);
  const refused = await visitor.post('/sagas/new/offboard/start', {
    ...hiddenIn(review.html),
    confirm: 'another',
    reason: 'the contract ended',
  });
  expect([refused.status, refused.html]).toEqual([422, expect.stringContaining('value="the contract ended"')]);
});

test('differences are ignored together with a reason; without one, the ticks and the sentence beside the field stay', async () => {
  const { api } = stage.stack.player;
  const open = await api.list(drift.listDrift, {});
  const field = open.find(({ kind }) => kind !== 'unmanaged')?.drift_id ?? '';
  const refused = await visitor.post('/drift/ignore?kind=field', { chosen: field, scope: 'resource', reason: '' });
  expect(refused.status).toBe(422);
  expect(refused.html).toContain('id="many-reason-fault"');
  expect(refused.html).toMatch(new RegExp(`value="${field}"[^>]* checked`));
  const done = await visitor.post('/drift/ignore', { chosen: field, scope: 'resource', reason: 'as agreed' });
  expect(textOf(done.html)).toContain('The fields of 1 difference are no longer compared.');
  const { items } = await api.request(drift.listIgnored, {});
  expect(items.map(({ reason }) => reason)).toContain('as agreed');
});

test('resources of no deployment are attributed together', async () => {
  const { api } = stage.stack.player;
  const unattributed = await api.list(inventorySync.listUnattributed, {});
  const [deployment] = await api.list(provisioning.listDeployments, { tenant_id: 'acme' });
  const fields = { chosen: unattributed.map(({ resource_id }) => resource_id).join(','), reason: '' };
  const unclear = await visitor.post('/inventory/attribute', { ...fields, owner: 'none', since: 'yesterday' });
  expect([unclear.status, unclear.html]).toEqual([422, expect.stringContaining('id="attribute-many-since-fault"')]);
  const done = await visitor.post('/inventory/attribute', {
    ...fields,
    owner: deployment?.deployment_id ?? '',
    since: '',
  });
  expect(textOf(done.html)).toContain(`The owner of ${unattributed.length} resource`);
  expect(await api.list(inventorySync.listUnattributed, {})).toEqual([]);
});

test('a session that ended leads from a sent form to signing in, and a one-time link leads back to its page', async () => {
  const send = await fetch(new URL('/periods/2026-04/prove', stage.console.url), {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: stage.console.url, referer: `${stage.console.url}/tenants/acme?cursor=x` },
    body: new URLSearchParams({ idempotency_key: crypto.randomUUID() }),
  });
  expect(send.headers.get('location')).toBe('/sign-in?to=%2Ftenants%2Facme%3Fcursor%3Dx');
  const page = await fetch(new URL('/sign-in?to=%2Ftenants%2Facme', stage.console.url));
  const cookie = page.headers.getSetCookie().find((line) => line.startsWith('way-back=')) ?? '';
  const signedIn = await fetch(stage.console.signInLink(operator), { headers: { cookie: cookie.split(';')[0] ?? '' } });
  expect(await signedIn.text()).toContain('0;url=/tenants/acme"');
});

test('what was typed into a form whose session had ended is kept, takes no effect, and is sent again once somebody is signed in', async () => {
  const { api } = stage.stack.player;
  const name = 'Acme & “Sons”';
  const key = crypto.randomUUID();
  const fields = { idempotency_key: key, name, address: '1 High Street\nSydney', payment_terms_days: '14' };
  const before = await api.request(invoicing.getBillingProfile, { tenant_id: 'acme' });
  const kept = await fetch(new URL('/tenants/acme/profile', stage.console.url), {
    method: 'POST',
    headers: { origin: stage.console.url, referer: `${stage.console.url}/tenants/acme` },
    body: new URLSearchParams(fields),
  });
  const page = await kept.text();
  expect([kept.status, textOf(page)]).toEqual([401, expect.stringContaining('What you entered is kept')]);
  expect(page).toContain('href="/sign-in?to=%2Ftenants%2Facme" target="_blank"');
  expect(await api.request(invoicing.getBillingProfile, { tenant_id: 'acme' })).toEqual(before);
  const [, action = ''] = /<form method="post" action="([^"]+)" class="form">/.exec(page) ?? [];
  const again = Object.fromEntries(
    [...page.matchAll(/<textarea name="([^"]+)" hidden>([^<]*)<\/textarea>/g)].map(([, field = '', value = '']) => [
      field,
      value.replaceAll('&quot;', '"').replaceAll('&amp;', '&'),
    ]),
  );
  expect([action, again]).toEqual(['/tenants/acme/profile', fields]);
  expect((await visitor.post(action, again)).status).toBe(200);
  expect((await api.request(invoicing.getBillingProfile, { tenant_id: 'acme' })).name).toBe(name);
});

test('a form about what somebody has changed since is refused with that reason, keeps what was typed, and may be sent again', async () => {
  const { api } = stage.stack.player;
  const page = await visitor.get('/tenants/acme');
  const hidden = hiddenIn(page.html.slice(page.html.indexOf('id="form-profile"')));
  expect(hidden['if_match']).toMatch(/^&quot;[0-9a-f]{32}&quot;$|^"[0-9a-f]{32}"$/);
  const typed = { name: 'Acme of the first page', address: '', registration_number: '', payment_terms_days: '14' };
  const seen = { ...typed, if_match: (hidden['if_match'] ?? '').replaceAll('&quot;', '"') };
  await api.request(invoicing.putBillingProfile, { tenant_id: 'acme', name: 'Acme of another person' });
  const stale = await visitor.post('/tenants/acme/profile', seen);
  expect([stale.status, textOf(stale.html)]).toEqual([422, expect.stringContaining('was changed since you opened')]);
  expect(stale.html).toContain('value="Acme of the first page"');
  const { name } = await api.request(invoicing.getBillingProfile, { tenant_id: 'acme' });
  expect(name).toBe('Acme of another person');
  const fresh = hiddenIn(stale.html.slice(stale.html.indexOf('id="form-profile"')));
  const again = await visitor.post('/tenants/acme/profile', {
    ...typed,
    if_match: (fresh['if_match'] ?? '').replaceAll('&quot;', '"'),
  });
  expect(textOf(again.html)).toContain('The billing profile is changed');
});

test('every list is a file too, with the filters of its page', async () => {
  const { api } = stage.stack.player;
  const files = [
    '/tenants',
    '/invoices',
    '/deployments',
    '/inventory',
    '/inventory/unattributed',
    '/drift',
    '/sagas',
    '/periods',
    '/bill',
    '/alerts',
    '/audit',
    '/approvals',
    '/api-keys',
    '/mails',
    '/mails/suppressions',
    '/system/jobs',
  ];
  for (const path of files) {
    const file = await visitor.get(`${path}.csv`);
    expect([path, file.status, file.headers.get('content-type')]).toEqual([path, 200, 'text/csv; charset=utf-8']);
    expect(file.html.split('\r\n')[0]).toMatch(/^\w+[\w.,]+$/);
  }
  const resources = await api.list(inventorySync.listResources, { kind: 'droplet' });
  const lines = (await visitor.get('/inventory.csv?kind=droplet')).html.trim().split('\r\n');
  expect(lines.length).toBe(resources.length + 1);
  expect(lines[0]).toContain('owner.tenant_id');
  const refused = await visitor.get('/invoices.csv?period=never');
  expect([refused.status, refused.headers.get('content-type')?.startsWith('text/html')]).toEqual([422, true]);
});

/** The live feed of the console as a browser with this cookie receives it. */
const listen = async (cookie: string) => {
  const leaving = new AbortController();
  const response = await fetch(new URL('/live', stage.console.url), { headers: { cookie }, signal: leaving.signal });
  const state = { received: '', status: response.status, type: response.headers.get('content-type'), leaving };
  const decoder = new TextDecoder();
  void (async () => {
    try {
      for await (const chunk of response.body ?? []) state.received += decoder.decode(chunk);
    } catch {
      // The reader has left.
    }
  })();
  return state;
};

test('a change is announced within a second to a page that follows it, and to no tenant whom it does not concern', async () => {
  const [all, own] = [await stage.signIn(operator), await stage.signIn(acme)];
  expect((await all.get('/sagas')).html).toContain('data-live="saga.changed"');
  const [operators, tenants] = [await listen(all.cookie), await listen(own.cookie)];
  expect([operators.status, operators.type]).toEqual([200, 'text/event-stream']);
  await eventually('both feeds begin', () => operators.received.includes(':') && tenants.received.includes(':'));
  const began = performance.now();
  const saga = await stage.stack.player.api.request(provisioning.startSaga, {
    kind: 'echo',
    inputs: { steps: ['echo'] },
  });
  await eventually('the operator’s feed has the saga', () => operators.received.includes(saga.saga_id));
  expect(performance.now() - began).toBeLessThan(1_000);
  expect(operators.received).toContain('event: saga.changed');
  expect(tenants.received).not.toContain(saga.saga_id);
  operators.leaving.abort();
  tenants.leaving.abort();
  const away = await fetch(new URL('/live', stage.console.url), { redirect: 'manual' });
  expect(away.status).toBe(303);
});

test('work in progress shows what it does, how far it is and how long it will take, and each page is whole without scripts', async () => {
  await visitor.post('/periods/2026-04/prove', {});
  const { api } = stage.stack.player;
  await eventually('the proof ends', async () => {
    const { items } = await api.request(invoicing.listProofs, { period: '2026-04' });
    return items[0]?.status === 'proved';
  });
  const { items } = await api.request(gateway.listJobs, { service: 'invoicing', job: 'prove-period', limit: 5 });
  expect(items[0]).toMatchObject({ state: 'done', progress: { tenants: expect.any(Number), of: expect.any(Number) } });
  const page = await visitor.get('/periods/2026-04');
  expect([page.status, textOf(page.html)]).toEqual([200, expect.stringContaining('Proved')]);
  expect(page.html).not.toContain('Work in progress');
  await visitor.post('/periods/2026-04/replay', {});
  await eventually('the replay ends', async () => {
    const replays = await api.request(metering.listReplays, { period: '2026-04' });
    return replays.items[0]?.status === 'agrees';
  });
  const progressOf = async (service: 'metering' | 'billing-ingest', job: string) =>
    (await api.request(gateway.listJobs, { service, job, limit: 1 })).items[0]?.progress;
  expect(await progressOf('metering', 'replay-period')).toMatchObject({ day: '2026-04-30', ms: expect.any(Number) });
  const { lines, of } = (await progressOf('billing-ingest', 'ingest-invoice')) as { lines: number; of: number };
  expect([lines > 0, lines]).toEqual([true, of]);
  // The job may end a moment after the replay; the feed shows it until then, and then that it is over.
  const feed = await visitor.get('/work/period?about=2026-04');
  expect(feed.headers.get('content-type')).toBe('text/event-stream');
  expect(feed.html.endsWith('event: over\ndata: over\n\n')).toBe(true);
  expect((await visitor.get('/work/none')).status).toBe(404);
});

test('an operator records that the open amount of a credit note was paid back, once', async () => {
  const { api } = stage.stack.player;
  const paid = (await api.list(invoicing.listInvoices, { tenant_id: 'acme' })).find(
    ({ status }) => status === 'issued',
  );
  const invoice_id = paid?.invoice_id ?? '';
  await api.request(invoicing.payInvoice, { invoice_id, reference: 'bank 1' });
  const note = await api.request(invoicing.creditInvoice, { invoice_id, reason: 'outage' });
  expect(note.open_cents).toBeGreaterThan(0);
  const address = `/credit-notes/${note.credit_note_id}`;
  expect((await visitor.get(`/invoices/${invoice_id}`)).html).toContain(`href="${address}"`);
  expect((await visitor.get('/tenants/acme')).html).toContain(`href="${address}"`);
  const page = await visitor.get(address);
  const fields = hiddenIn(page.html.slice(page.html.indexOf('id="form-refund"')));
  const refused = await visitor.post(`${address}/refund`, { ...fields, reference: '' });
  expect([refused.status, refused.html]).toEqual([422, expect.stringContaining('id="refund-reference-fault"')]);
  const done = await visitor.post(`${address}/refund`, { ...fields, reference: 'transfer 7' });
  expect(textOf(done.html)).toContain('is recorded');
  expect(textOf(done.html)).toContain('transfer 7');
  // The same form sent again changes nothing, and another one has nothing left to pay back.
  await visitor.post(`${address}/refund`, { ...fields, reference: 'transfer 7' });
  const again = await visitor.post(`${address}/refund`, { reference: 'transfer 8' });
  expect(again.status).toBe(422);
  expect(await api.request(invoicing.getCreditNote, { credit_note_id: note.credit_note_id })).toMatchObject({
    open_cents: 0,
    refund_reference: 'transfer 7',
    refunded_cents: note.open_cents,
  });
});

test('the start and the end of a proof and of a replay reach a page that follows the month', async () => {
  const visitor = await stage.signIn(operator);
  expect((await visitor.get('/periods/2026-04')).html).toMatch(/data-live="[^"]*proof\.changed replay\.changed"/);
  const feed = await listen(visitor.cookie);
  await eventually('the feed begins', () => feed.received.includes(':'));
  await visitor.post('/periods/2026-04/prove', {});
  await eventually('the proof ends', () => feed.received.includes('"status":"proved"'));
  await visitor.post('/periods/2026-04/replay', {});
  await eventually('the replay ends', () => feed.received.includes('"status":"agrees"'));
  const types = [...feed.received.matchAll(/^event: (proof|replay)\.changed$/gm)].map(([, type]) => type);
  expect(types).toEqual(['proof', 'proof', 'replay', 'replay']);
  feed.leaving.abort();
});
