import { gateway, invoicing, notifications, provisioning } from '@arcadia/contracts';
import { eventually } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  acme,
  type ConsoleStage,
  hiddenIn,
  linksIn,
  openConsoleStage,
  operator,
  type Shown,
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

/** Sends the form of a page whose action has these words. */
const send = (page: Shown, words: string): Promise<Shown> => {
  const forms = [...page.html.matchAll(/<form [\s\S]*?<\/form>/g)].map(([text]) => text);
  const form = forms.find((text) => text.includes(words)) ?? '';
  return visitor.post(/action="([^"]*)"/.exec(form)?.[1] ?? '', hiddenIn(form));
};

test('a mail is found by its recipient, shown with its text and its attempts, and sent again; a tenant sees its own alone', async () => {
  const tenant = await stage.signIn(acme);
  expect(textOf((await tenant.get('/mails')).html)).toContain('The operator adds the addresses that get them');
  expect(textOf((await visitor.get('/mails?recipient=stranger@x.example')).html)).toContain('No mail matches');
  const { api } = stage.stack.player;
  const profile = await api.request(invoicing.getBillingProfile, { tenant_id: 'acme' });
  const { name, address, registration_number } = profile;
  const recipients = { email_recipients: ['billing@acme.example'], language: 'en' as const };
  await api.request(invoicing.putBillingProfile, {
    tenant_id: 'acme',
    name,
    address,
    registration_number,
    ...recipients,
  });
  const [invoice] = await api.list(invoicing.listInvoices, { tenant_id: 'acme', status: 'issued' });
  await api.request(invoicing.creditInvoice, { invoice_id: invoice?.invoice_id ?? '', reason: 'an outage' });
  await eventually('the credit note is mailed', async () => {
    const { items } = await api.request(notifications.listMails, { recipient: 'billing@acme.example' });
    return items.some(({ status }) => status === 'delivered');
  });
  const list = await visitor.get('/mails?recipient=billing%40acme.example');
  expect(textOf(list.html)).toMatch(/Credit note issued .*billing@acme.example .*Delivered/);
  const at = linksIn(list.html).find((link) => /^\/mails\/[0-9a-f]/.test(link)) ?? '';
  const page = await visitor.get(at);
  expect(textOf(page.html)).toMatch(/To billing@acme.example.*Attempts, newest first.*Text.*Message-ID/);
  const again = await send(page, '/replay');
  expect(textOf(again.html)).toContain('The mail is sent again, with the same Message-ID.');
  const own = await tenant.get('/mails');
  expect([own.status, textOf(own.html)]).toEqual([200, expect.stringContaining('Credit note issued')]);
  expect(own.html).not.toContain('/mails/suppressions');
  const other = await stage.signIn({ subject: 'gina', tenantId: 'globex', roles: ['tenant'] });
  expect((await other.get(at)).status).toBe(404);
  expect(textOf((await visitor.get('/mails/suppressions')).html)).toContain('There is none');
});

test('every run of a job is found by its state, its service and its name, page by page', async () => {
  const first = await visitor.get('/system/jobs?service=metering&state=done');
  expect(textOf(first.html)).toMatch(/Meter day metering .*Done/);
  const next = linksIn((await visitor.get('/system/jobs')).html).find((link) => link.includes('cursor=')) ?? '';
  expect([next === '', (await visitor.get(next)).status]).toEqual([false, 200]);
  const all = await stage.stack.player.api.list(gateway.listJobs, { service: 'metering', status: 'done' });
  const lines = (await visitor.get('/system/jobs.csv?service=metering&state=done')).html.trim().split('\r\n');
  expect(lines.length).toBe(all.length + 1);
  expect(textOf((await visitor.get('/system/jobs?job=no-such-job')).html)).toContain('No run matches these filters.');
});

test('an invoice is found by a part of its number, a deployment by its name or id, wherever it is in its list', async () => {
  const { api } = stage.stack.player;
  const [invoice] = await api.list(invoicing.listInvoices, {});
  const number = invoice?.number ?? '';
  expect(textOf((await visitor.get(`/find?q=${number.slice(3).toLowerCase()}`)).html)).toContain(number);
  const deployments = await api.list(provisioning.listDeployments, {});
  for (const { deployment_id, display_name } of deployments) {
    expect(textOf((await visitor.get(`/find?q=${deployment_id}`)).html)).toContain(display_name);
    expect(textOf((await visitor.get(`/find?q=${encodeURIComponent(display_name)}`)).html)).toContain(display_name);
  }
  const { items: lines } = await api.request(invoicing.listInvoiceLines, { invoice_id: invoice?.invoice_id ?? '' });
  const billed = deployments.find(({ deployment_id }) => lines.some((line) => line.deployment_id === deployment_id));
  const named = await visitor.get(`/invoices?q=${encodeURIComponent(billed?.display_name.toUpperCase() ?? '')}`);
  expect(textOf(named.html)).toContain(number);
});
