import { invoicing, isRefusal, notifications } from '@arcadia/contracts';
import { eventually, publishEvent } from '@arcadia/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { invoicingState } from './invoicing-neighbour.ts';
import { type MailStage, openMailStage } from './mail-stage.ts';
import { issued, overdue } from './stage.ts';

let at: MailStage;

beforeAll(async () => {
  at = await openMailStage();
});
afterEach(() => at.reset());
afterAll(async () => {
  await at?.[Symbol.asyncDispose]();
});

test('an invoice is mailed in the language of the tenant, with its PDF, once however often the event arrives', async () => {
  const { tenant_id, event, number } = await at.invoiced(['billing@acme.example'], {
    language: 'de',
    name: 'Müller & Söhne',
  });
  const [mail] = await at.attempted(tenant_id);
  await publishEvent(at.stage.nats, invoicing.invoiceIssued, event, { headers: { 'Nats-Msg-Id': `again-${number}` } });
  await at.stage.running.settled();
  expect(at.server.received).toHaveLength(1);
  const [{ raw, recipients, messageId } = { raw: '', recipients: [], messageId: '' }] = at.server.received;
  expect(recipients).toEqual(['billing@acme.example']);
  expect(messageId).toBe(`${mail?.notification_id}@arcadia.example`);
  expect(raw).toMatch(/^Content-Type: application\/pdf; name=INV-1\.pdf/m);
  expect(raw).toMatch(/^Auto-Submitted: auto-generated/m);
  const shown = await at.stage.get(notifications.getMail, { mail_id: mail?.mail_id ?? '' });
  expect(shown).toMatchObject({ status: 'delivered', attempts: 1, last_attempt: { smtp_code: 250, error: null } });
  expect(shown.subject).toBe(`Rechnung INV-${number} für März 2026`);
  expect(shown.text).toContain('Bitte zahlen Sie 70,64 AUD bis zum 15. April 2026.');
  expect(shown.text).toContain('Guten Tag Müller & Söhne,');
});

test('a PDF that is too large for a mail is left out, and the mail names the place where it is', async () => {
  invoicingState.pdfBytes = 200_000;
  const { tenant_id } = await at.invoiced(['large@acme.example']);
  await at.attempted(tenant_id);
  const raw = at.server.received[0]?.raw ?? '';
  expect(raw).not.toContain('application/pdf');
  expect(raw).toContain('can be downloaded as a PDF');
  expect(raw).toContain('https://console.example/invoices/');
});

test('a mail that the server finds too large is sent again at once without its PDF', async () => {
  at.server.behave(({ verb, count }) => (verb === 'CONTENT' && count === 1 ? '552 5.3.4 message too big' : null));
  const { tenant_id } = await at.invoiced(['small@acme.example']);
  const [mail] = await at.attempted(tenant_id, 2);
  expect(mail).toMatchObject({ status: 'delivered', attempts: 2 });
  expect(at.server.received.map(({ raw }) => raw.includes('application/pdf'))).toEqual([false]);
});

test('a recipient that does not exist is suppressed and holds up no other; lifted, it gets its mails', async () => {
  at.server.behave(({ verb, argument }) =>
    verb === 'RCPT' && argument.startsWith('gone') ? '550 5.1.1 no such user' : null,
  );
  const { tenant_id, number } = await at.invoiced(['gone@acme.example', 'here@acme.example']);
  const mails = await at.attempted(tenant_id, 1, 2);
  expect(Object.fromEntries(mails.map(({ recipient, status }) => [recipient, status]))).toEqual({
    'gone@acme.example': 'failed',
    'here@acme.example': 'delivered',
  });
  const gone = mails.find(({ recipient }) => recipient.startsWith('gone'));
  expect(gone?.last_attempt).toMatchObject({ smtp_code: 550, answer: '550 5.1.1 no such user' });
  const { items } = await at.stage.get(notifications.listMailSuppressions, { recipient: 'GONE@acme.example' });
  expect(items).toMatchObject([{ recipient: 'gone@acme.example', answer: '550 5.1.1 no such user' }]);
  at.server.behave(null);
  const event = overdue(number, { tenant_id });
  await publishEvent(at.stage.nats, invoicing.invoiceOverdue, event, { occurredAt: at.stage.clock.now() });
  await eventually('the second event is mailed', async () => (await at.mailsOf(tenant_id)).length === 4);
  await at.stage.running.settled();
  const skipped = (await at.mailsOf(tenant_id)).filter(({ skipped_because }) => skipped_because === 'suppressed');
  expect(skipped.map(({ type, recipient }) => [type, recipient])).toEqual([['invoice.overdue', 'gone@acme.example']]);
  const mail_id = skipped[0]?.mail_id ?? '';
  const refused = await at.stage.request(notifications.replayMail, { mail_id });
  expect(isRefusal(refused) && refused.refused).toBe('recipient-suppressed');
  await at.stage.get(notifications.deleteMailSuppression, { suppression_id: items[0]?.suppression_id ?? '' });
  await at.stage.get(notifications.replayMail, { mail_id });
  await eventually('it is sent', async () =>
    (await at.mailsOf(tenant_id)).some((mail) => mail.mail_id === mail_id && mail.status === 'delivered'),
  );
});

test.each([
  ['a server that does not relay for us', '550 5.7.1 relaying denied'],
  ['a full mailbox', '552 5.2.2 mailbox full'],
])('%s fails the mail and suppresses no address', async (_, reply) => {
  at.server.behave(({ verb }) => (verb === 'RCPT' ? reply : null));
  const recipient = `kept-${at.next()}@acme.example`;
  const { tenant_id } = await at.invoiced([recipient]);
  expect(await at.attempted(tenant_id)).toMatchObject([{ status: 'failed', last_attempt: { answer: reply } }]);
  expect((await at.stage.get(notifications.listMailSuppressions, { recipient })).items).toEqual([]);
});

test.each<[what: string, verb: string, fault: string, code: number | null, error?: RegExp]>([
  ['refuses the recipient for the present', 'RCPT', '451 4.2.1 greylisted', 451],
  ['refuses the mail for the present', 'CONTENT', '451 4.3.0 try later', 451],
  ['refuses the sender', 'MAIL', '550 5.7.1 sender refused', 550],
  ['goes away before it took the mail', 'DATA', 'hang up', null],
  ['goes away after it took the mail', 'CONTENT', 'hang up', null],
  ['falls silent', 'RCPT', 'silence', null],
  ['hangs up at once', 'CONNECT', 'hang up', null],
  ['is overloaded', 'CONNECT', '421 4.3.2 too many connections', 421],
  [
    'speaks no SMTP, with bytes that no database stores',
    'CONNECT',
    '\0\x01\xff binary',
    null,
    /^the mail server’s reply is not valid SMTP$/,
  ],
  ['never ends a reply', 'RCPT', 'without end', null],
  ['replies to the mail without a number', 'CONTENT', 'banana', null, /^the mail server’s reply is not valid SMTP$/],
  ['answers the mail as if it were another command', 'CONTENT', '220 hello', 220],
])('a mail server that %s gets the mail again, with the same Message-ID', async (_, verb, fault, code, error = /./) => {
  at.server.behave((command) => (command.verb === verb ? fault : null));
  const { tenant_id } = await at.invoiced([`again-${at.next()}@acme.example`]);
  const [mail] = await at.attempted(tenant_id);
  expect(mail).toMatchObject({ status: 'pending', attempts: 1, last_attempt: { smtp_code: code } });
  expect(mail?.last_attempt?.error).toMatch(error);
  at.server.behave(null);
  await at.passed(15);
  expect(await at.attempted(tenant_id, 2)).toMatchObject([{ status: 'delivered', attempts: 2 }]);
  expect(new Set(at.server.received.map(({ messageId }) => messageId))).toEqual(
    new Set([`${mail?.notification_id}@arcadia.example`]),
  );
});

test('a server that cannot be reached is left alone: one mail tries it, the others wait and are sent once it is back', async () => {
  at.server.behave(({ verb }) => (verb === 'CONNECT' ? '421 4.3.2 closed' : null));
  const first = await at.invoiced(['a@held.example']);
  await at.attempted(first.tenant_id);
  const before = at.server.connections();
  const others = [await at.invoiced(['b@held.example']), await at.invoiced(['c@held.example'])];
  await at.stage.running.settled();
  expect(at.server.connections()).toBe(before);
  const health = await at.stage.running.health();
  expect(health.facts['mail']).toMatchObject({ ok: true, warning: expect.stringContaining('421 4.3.2 closed') });
  at.server.behave(null);
  await at.passed(15);
  for (const { tenant_id } of [first, ...others])
    expect(await at.attempted(tenant_id, 1)).toMatchObject([{ status: 'delivered' }]);
});

test('a recipient whose server stalls has at most two mails in progress, and the others get theirs meanwhile', async () => {
  let [open, most] = [0, 0];
  at.server.behave(async ({ verb, argument }) => {
    if (verb !== 'RCPT' || !argument.startsWith('slow')) return null;
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => setTimeout(resolve, 300));
    open -= 1;
    return null;
  });
  const { tenant_id } = await at.invoiced(['slow@stall.example']);
  for (let each = 1; each <= 5; each += 1) {
    await publishEvent(at.stage.nats, invoicing.invoiceIssued, issued(at.next(), { tenant_id }), {
      occurredAt: at.stage.clock.now(),
    });
  }
  const quick = await at.invoiced(['quick@stall.example']);
  await at.attempted(quick.tenant_id);
  expect(at.server.received.filter(({ recipients }) => recipients[0]?.startsWith('slow')).length).toBeLessThan(5);
  await at.attempted(tenant_id, 1, 6);
  expect(most).toBeLessThanOrEqual(2);
});

test('many recipients that wait for their next attempt hold up no other, wherever it stands in the order', async () => {
  at.server.behave(({ verb, argument }) =>
    verb === 'RCPT' && argument.startsWith('later') ? '451 4.2.1 later' : null,
  );
  const recipients = Array.from({ length: 10 }, (_, index) => index);
  const waiting: string[] = [];
  for (const group of ['a', 'b', 'c', 'd', 'e', 'f'])
    waiting.push((await at.invoiced(recipients.map((index) => `later-${group}${index}@wait.example`))).tenant_id);
  for (const tenant_id of waiting) await at.attempted(tenant_id, 1, 10);
  const last = await at.invoiced(['zz@wait.example']);
  expect(await at.attempted(last.tenant_id)).toMatchObject([{ status: 'delivered' }]);
});

test('a template that does not render is shown in the log, tried again, and holds no other up', async () => {
  at.server.behave(({ verb }) => (verb === 'RCPT' ? '451 4.2.1 later' : null));
  const broken = await at.invoiced(['broken@acme.example']);
  const [mail] = await at.attempted(broken.tenant_id);
  const text = (
    await at.stage.rows<{ body: string }>(
      `SELECT body FROM notifications WHERE notification_id = '${mail?.notification_id}'`,
    )
  )[0]?.body;
  const setBody = (body: string) =>
    at.stage.rows(
      `UPDATE notifications SET body = '${body}' WHERE notification_id = '${mail?.notification_id}' RETURNING 1 AS one`,
    );
  await setBody(`{"data":{"invoice_id":"${broken.event.invoice_id}"}}`);
  at.server.behave(null);
  await at.passed(15);
  const fine = await at.invoiced(['fine@acme.example']);
  await at.attempted(fine.tenant_id);
  const [failed] = await at.attempted(broken.tenant_id, 2);
  expect(failed).toMatchObject({ status: 'pending', attempts: 2, last_attempt: { smtp_code: null } });
  expect(failed?.last_attempt?.error).toContain('the mail could not be written');
  await setBody(text ?? '');
  await at.passed(60);
  expect(await at.attempted(broken.tenant_id, 3)).toMatchObject([{ status: 'delivered' }]);
});
