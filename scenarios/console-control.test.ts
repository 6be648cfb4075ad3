import { connectApi } from '@arcadia/app';
import { navigationOf, type Person } from '@arcadia/console';
import { gateway, invoicing } from '@arcadia/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  acme,
  type ConsoleStage,
  hiddenIn,
  linksIn,
  openConsoleStage,
  operator,
  textOf,
  type Visitor,
} from './src/console-stage.ts';

let stage: ConsoleStage;
let invoice: string;

beforeAll(async () => {
  stage = await openConsoleStage({ FOUR_EYES: 'on' });
  const [issued] = await stage.stack.player.api.list(invoicing.listInvoices, { tenant_id: 'acme' });
  invoice = issued?.invoice_id ?? '';
});
afterAll(() => stage[Symbol.asyncDispose]());

const people = {
  auditor: { subject: 'user:ada', tenantId: null, roles: ['auditor'] },
  billing: { subject: 'user:bob', tenantId: null, roles: ['billing'] },
  support: { subject: 'user:sam', tenantId: null, roles: ['support'] },
  reader: { subject: 'user:rita', tenantId: 'acme', roles: ['tenant_viewer'] },
} as const satisfies Record<string, { subject: string; tenantId: string | null; roles: readonly string[] }>;
const person = (name: keyof typeof people): Person => ({ ...people[name], roles: [...people[name].roles] });

/** The kind of a page: its address without ids and filters. */
const kindOf = (address: string): string => address.replace(/\?.*/, '').replaceAll(/\/[^/]*\d[^/]*/g, '/*');

/** One page of each kind that links lead to, with its address. */
const onePageOfEachKind = async (visitor: Visitor): Promise<[address: string, html: string, status: number][]> => {
  const seen = new Map<string, [string, string, number]>();
  const waiting = ['/'];
  for (let address = waiting.shift(); address !== undefined; address = waiting.shift()) {
    if (seen.has(kindOf(address)) || /^\/assets|\.(csv|pdf)|\/csv$/.test(address)) continue;
    const { html, status } = await visitor.get(address);
    seen.set(kindOf(address), [address, html, status]);
    waiting.push(...linksIn(html));
  }
  return [...seen.values()];
};

/** The addresses to which the forms of a page send commands; signing out is for everybody. */
const commandsIn = (html: string): string[] =>
  [...html.matchAll(/<form method="post" action="([^"]*)"/g)]
    .map(([, action = '']) => action)
    .filter((action) => action !== '/sign-out');

/** Addresses to which no form of a role's pages may send a command; the two who only read have no such form at all. */
const never = {
  auditor: /./,
  billing: /drift|inventory|transition|api-keys/,
  support: /invoices|bill|close|terms|api-keys/,
  reader: /./,
} as const;

describe.each(['auditor', 'billing', 'support', 'reader'] as const)(
  'the console of a person with one role: %s',
  (name) => {
    test('no link leads to a page that the role does not include, and no form is shown whose command it may not send', async () => {
      const pages = await onePageOfEachKind(await stage.signIn(person(name)));
      expect(pages.filter(([, , status]) => status !== 200).map(([address, , status]) => [address, status])).toEqual(
        [],
      );
      const commands = [...new Set(pages.flatMap(([, html]) => commandsIn(html).map(kindOf)))].toSorted();
      expect(commands.filter((action) => never[name].test(action))).toEqual([]);
      expect(commands.length > 0).toBe(name === 'billing' || name === 'support');
      const entries = pages.map(([address]) => address);
      for (const entry of navigationOf(person(name))) expect(entries).toContain(entry);
    });
  },
);

test('a page that a role does not include names the role and leads back', async () => {
  const support = await stage.signIn(person('support'));
  for (const address of ['/margin', '/bill', '/audit', '/sagas/new', '/proofs/0192f0c1-6a5e-7c3b-9d2f-1b7e4c8a5d60']) {
    const { status, html } = await support.get(address);
    expect([address, status, textOf(html)]).toEqual([address, 403, expect.stringContaining('Not for your role')]);
    expect(linksIn(html)).toContain('/');
  }
  expect(textOf((await support.get('/margin')).html)).toContain('“Margin” is not for support.');
  const refused = await support.post(`/invoices/${invoice}/pay`, { reference: 'x', currency: 'AUD', amount: '' });
  expect([refused.status, textOf(refused.html)]).toEqual([422, expect.stringMatching(/invoices\.pay|role/)]);
});

test('a command that waits for a second person is shown as such; the first cannot approve it, the second can', async () => {
  const first = await stage.signIn(operator);
  const kept = await first.post(`/invoices/${invoice}/void`, { reason: 'billed twice' });
  expect(textOf(kept.html)).toContain('Nothing has been done yet: this command waits for a second person');
  expect(textOf(kept.html)).toContain('You have sent this command, so another person must approve it.');
  expect(kept.html).not.toContain('/approve"');
  const address =
    linksIn((await first.get('/approvals?status=waiting')).html).find((link) => /^\/approvals\/./.test(link)) ?? '';
  expect((await stage.stack.player.api.request(invoicing.getInvoice, { invoice_id: invoice })).status).toBe('issued');

  const second = await stage.signIn(person('billing'));
  const seen = await second.get(address);
  expect(textOf(seen.html)).toMatch(/Void an invoice towards which nothing was paid.*Reason.*billed twice/s);
  const approved = await second.post(`${address}/approve`, hiddenIn(seen.html));
  expect([approved.status, textOf(approved.html)]).toEqual([
    200,
    expect.stringContaining('Approved and done: Void an invoice towards which nothing was paid.'),
  ]);
  expect((await stage.stack.player.api.request(invoicing.getInvoice, { invoice_id: invoice })).status).toBe('void');
});

test('a waiting command is denied with a reason, which stays with it', async () => {
  const first = await stage.signIn(operator);
  const kept = await first.post('/periods/2026-04/close', { force: 'true' });
  const address = /action="(\/approvals\/[^/"]+)\/deny"/.exec(kept.html)?.[1] ?? '';
  const second = await stage.signIn(person('billing'));
  const refused = await second.post(`${address}/deny`, { reason: '' });
  expect([refused.status, refused.html]).toEqual([422, expect.stringContaining('id="deny-reason-fault"')]);
  const denied = await second.post(`${address}/deny`, { reason: 'the month is right' });
  expect(textOf(denied.html)).toMatch(/Denied.*the month is right/s);
});

test('an API key is made, works, is rotated and revoked; its token is shown by one answer only', async () => {
  const own = await stage.signIn(acme);
  const fields = { idempotency_key: 'one-key', name: 'ci', role: 'tenant_viewer', expires: '' };
  const made = await own.post('/api-keys', fields);
  const tokenIn = (html: string): string => /<textarea id="token"[^>]*>([^<]+)</.exec(html)?.[1] ?? '';
  const token = tokenIn(made.html);
  const program = await connectApi(stage.stack.running.gateway, token);
  expect((await program.request(gateway.getCaller, {})).tenant_id).toBe('acme');
  expect(textOf((await own.post('/api-keys', fields)).html)).toContain('It was shown before');
  const list = await own.get('/api-keys');
  expect([textOf(list.html), list.html.includes(token)]).toEqual([
    expect.stringContaining('reader of tenant acme'),
    false,
  ]);

  const address = linksIn(list.html).find((link) => /^\/api-keys\/./.test(link)) ?? '';
  const rotated = await own.post(`${address}/rotate`, { overlap: '0' });
  expect(tokenIn(rotated.html)).not.toBe(token);
  const revoked = await own.post(`${address}/revoke`, {});
  expect(textOf(revoked.html)).toMatch(/The key ci is revoked.*Revoked/s);
  const refused = await own.post('/api-keys', { name: '', role: 'auditor', expires: 'next year' });
  expect([refused.status, refused.html]).toEqual([422, expect.stringContaining('id="key-expires-fault"')]);
  const foreign = await own.post('/api-keys', { name: 'x', role: 'auditor', expires: '' });
  expect([foreign.status, textOf(foreign.html)]).toEqual([
    422,
    expect.stringContaining('The role auditor is the operator'),
  ]);
});

/** The entries of the audit log at an address. */
const logOf = async (visitor: Visitor, address: string): Promise<string> => {
  const { html } = await visitor.get(address);
  return textOf(html.slice(html.indexOf('<section')));
};

test('the audit log shows what each command changed in words, is filtered by its address, and its chain is verified', async () => {
  const first = await stage.signIn(operator);
  const changed = { name: 'Acme Pty Ltd', address: '', registration_number: '', payment_terms_days: '21' };
  await first.post('/tenants/acme/profile', changed);
  await expect
    .poll(async () => textOf((await first.get('/audit?request=billing-profiles.put')).html))
    .toMatch(/Payment terms days: 14 → 21/);
  const { api } = stage.stack.player;
  const addon = { addon_code: 'storage_50gb', kind: 'spaces_gb_month', qty: '50', price_cents: 800 };
  await api.request(invoicing.putAddon, addon);
  await expect
    .poll(async () => textOf((await first.get('/audit?request=addons.put')).html))
    .toMatch(/7\.50 AUD → 8\.00 AUD/);
  const filtered = await logOf(first, '/audit?request=billing-profiles.put&subject=operator');
  expect(filtered).toContain('Update the given fields of a tenant');
  expect(filtered).not.toContain('Void an invoice towards which nothing was paid');
  expect(textOf((await first.get('/audit?from=2031-01-01')).html)).toContain('No command matches these filters.');

  const auditor = await stage.signIn(person('auditor'));
  const verified = await auditor.get('/audit/verification');
  expect(textOf(verified.html)).toMatch(/Unbroken.*\d+ entries from the first to the newest/s);
  const position = /Newest entry<\/dt><dd>(\d+)/.exec(verified.html)?.[1] ?? '';
  const wrong = await auditor.get(`/audit/verification?position=${position}&hash=${'0'.repeat(64)}`);
  expect(textOf(wrong.html)).toMatch(/Broken.*was changed or is missing/s);
});

test('a tenant’s audit log holds its own commands only', async () => {
  const own = await stage.signIn(acme);
  await expect.poll(async () => textOf((await own.get('/audit')).html)).toContain('Create an API key for a program');
  const text = await logOf(own, '/audit');
  expect(text).not.toMatch(/Void an invoice towards which nothing was paid|Update the given fields of a tenant/);
});
