import { invoicing, isRefusal, notifications } from '@arcadia/contracts';
import { type SmtpServer, startSmtpServer } from '@arcadia/mailbox-stand-in';
import { armFailpoints } from '@arcadia/platform';
import { eventually, publishEvent, type TestService } from '@arcadia/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { invoicingState, startInvoicingNeighbour } from './invoicing-neighbour.ts';
import { issued, openStage, overdue, profile, type Stage, tenant } from './stage.ts';

let stage: Stage;
let server: SmtpServer;
let neighbour: TestService<unknown, object>;

beforeAll(async () => {
  server = await startSmtpServer();
  stage = await openStage({
    SMTP_URL: server.url,
    MAIL_FROM: 'Arcadia Cloud <billing@arcadia.example>',
    MAIL_OPERATOR_RECIPIENTS: 'ops@arcadia.example',
    SMTP_TIMEOUT_MS: '500',
    MAIL_ATTACHMENT_KB: '100',
    CONSOLE_URL: 'https://console.example',
  });
  neighbour = await startInvoicingNeighbour(stage.nats);
});
afterEach(async () => {
  armFailpoints('');
  server.behave(null);
  Object.assign(invoicingState, { amountDueCents: 7064, status: 'issued', pdfBytes: 2_000 });
  await stage.running.settled();
  server.received.length = 0;
});
afterAll(async () => {
  await neighbour?.[Symbol.asyncDispose]();
  await stage?.[Symbol.asyncDispose]();
  await server?.stop();
});

let number = 100;
/** A tenant of its own with these recipients, and the event that an invoice of it was issued. */
const invoiced = async (recipients: string[], given: { language?: 'en' | 'de'; name?: string } = {}) => {
  number += 1;
  const tenant_id = `tenant-${number}`;
  await publishEvent(stage.nats, invoicing.billingProfileChanged, profile(tenant_id, recipients, given));
  const event = issued(number, { tenant_id });
  await publishEvent(stage.nats, invoicing.invoiceIssued, event, { occurredAt: stage.clock.now() });
  return { tenant_id, event };
};
const mailsOf = async (tenant_id: string) =>
  (await stage.get(notifications.listMails, { tenant_id, limit: 200 })).items;
/** Waits until every mail of a tenant was attempted this often, or needs no more attempts. */
const attempted = (tenant_id: string, attempts = 1, most = 1) =>
  eventually(`attempt ${attempts} is recorded`, async () => {
    const mails = await mailsOf(tenant_id);
    const isDone = mails.every((mail) => mail.attempts >= attempts || mail.status !== 'pending');
    return mails.length >= most && isDone ? mails : null;
  });
const deliver = () => stage.running.runJob('deliver-mails', stage.clock.now());
const passed = async (seconds: number) => {
  stage.clock.advance({ seconds });
  await deliver();
};

test('an invoice is mailed in the language of the tenant, with its PDF, once however often the event arrives', async () => {
  const { tenant_id, event } = await invoiced(['billing@acme.example'], { language: 'de', name: 'Müller & Söhne' });
  const [mail] = await attempted(tenant_id);
  await publishEvent(stage.nats, invoicing.invoiceIssued, event, { headers: { 'Nats-Msg-Id': `again-${number}` } });
  await stage.running.settled();
  expect(server.received).toHaveLength(1);
  const [{ raw, recipients, messageId } = { raw: '', recipients: [], messageId: '' }] = server.received;
  expect(recipients).toEqual(['billing@acme.example']);
  expect(messageId).toBe(`${mail?.notification_id}@arcadia.example`);
  expect(raw).toMatch(/^Content-Type: application\/pdf; name=INV-1\.pdf/m);
  expect(raw).toMatch(/^Auto-Submitted: auto-generated/m);
  const shown = await stage.get(notifications.getMail, { mail_id: mail?.mail_id ?? '' });
  expect(shown).toMatchObject({ status: 'delivered', attempts: 1, last_attempt: { smtp_code: 250, error: null } });
  expect(shown.subject).toBe(`Rechnung INV-${number} für März 2026`);
  expect(shown.text).toContain('Bitte zahlen Sie 70,64 AUD bis zum 15. April 2026.');
  expect(shown.text).toContain('Guten Tag Müller & Söhne,');
});

test('a PDF that is too large for a mail is left out, and the mail says where it is', async () => {
  invoicingState.pdfBytes = 200_000;
  const { tenant_id } = await invoiced(['large@acme.example']);
  await attempted(tenant_id);
  const raw = server.received[0]?.raw ?? '';
  expect(raw).not.toContain('application/pdf');
  expect(raw).toContain('can be downloaded as PDF');
  expect(raw).toContain('https://console.example/invoices/');
});

test('a mail that the server finds too large is sent again at once without its PDF', async () => {
  server.behave(({ verb, count }) => (verb === 'CONTENT' && count === 1 ? '552 5.3.4 message too big' : null));
  const { tenant_id } = await invoiced(['small@acme.example']);
  const [mail] = await attempted(tenant_id, 2);
  expect(mail).toMatchObject({ status: 'delivered', attempts: 2 });
  expect(server.received.map(({ raw }) => raw.includes('application/pdf'))).toEqual([false]);
});

test('a recipient that does not exist is suppressed and holds up no other; lifted, it gets its mails', async () => {
  server.behave(({ verb, argument }) =>
    verb === 'RCPT' && argument.startsWith('gone') ? '550 5.1.1 no such user' : null,
  );
  const { tenant_id } = await invoiced(['gone@acme.example', 'here@acme.example']);
  const mails = await attempted(tenant_id, 1, 2);
  expect(Object.fromEntries(mails.map(({ recipient, status }) => [recipient, status]))).toEqual({
    'gone@acme.example': 'failed',
    'here@acme.example': 'delivered',
  });
  const gone = mails.find(({ recipient }) => recipient.startsWith('gone'));
  expect(gone?.last_attempt).toMatchObject({ smtp_code: 550, answer: '550 5.1.1 no such user' });
  const { items } = await stage.get(notifications.listMailSuppressions, { recipient: 'GONE@acme.example' });
  expect(items).toMatchObject([{ recipient: 'gone@acme.example', answer: '550 5.1.1 no such user' }]);
  server.behave(null);
  const event = overdue(number, { tenant_id });
  await publishEvent(stage.nats, invoicing.invoiceOverdue, event, { occurredAt: stage.clock.now() });
  await eventually('the second event is mailed', async () => (await mailsOf(tenant_id)).length === 4);
  await stage.running.settled();
  const skipped = (await mailsOf(tenant_id)).filter(({ skipped_because }) => skipped_because === 'suppressed');
  expect(skipped.map(({ type, recipient }) => [type, recipient])).toEqual([['invoice.overdue', 'gone@acme.example']]);
  const mail_id = skipped[0]?.mail_id ?? '';
  const refused = await stage.request(notifications.replayMail, { mail_id });
  expect(isRefusal(refused) && refused.refused).toBe('recipient-suppressed');
  await stage.get(notifications.deleteMailSuppression, { suppression_id: items[0]?.suppression_id ?? '' });
  await stage.get(notifications.replayMail, { mail_id });
  await eventually('it is sent', async () =>
    (await mailsOf(tenant_id)).some((mail) => mail.mail_id === mail_id && mail.status === 'delivered'),
  );
});

test.each([
  ['a server that does not relay for us', '550 5.7.1 relaying denied'],
  ['a full mailbox', '552 5.2.2 mailbox full'],
])('%s fails the mail and suppresses nobody', async (_, reply) => {
  server.behave(({ verb }) => (verb === 'RCPT' ? reply : null));
  const recipient = `kept-${number}@acme.example`;
  const { tenant_id } = await invoiced([recipient]);
  expect(await attempted(tenant_id)).toMatchObject([{ status: 'failed', last_attempt: { answer: reply } }]);
  expect((await stage.get(notifications.listMailSuppressions, { recipient })).items).toEqual([]);
});

test.each([
  ['refuses the recipient for the present', 'RCPT', '451 4.2.1 greylisted', 451],
  ['refuses the mail for the present', 'CONTENT', '451 4.3.0 try later', 451],
  ['refuses the sender', 'MAIL', '550 5.7.1 sender refused', 550],
  ['goes away before it took the mail', 'DATA', 'hang up', null],
  ['goes away after it took the mail', 'CONTENT', 'hang up', null],
  ['falls silent', 'RCPT', 'silence', null],
  ['hangs up at once', 'CONNECT', 'hang up', null],
  ['is overloaded', 'CONNECT', '421 4.3.2 too many connections', 421],
] as const)('a mail server that %s gets the mail again, with the same Message-ID', async (_, verb, fault, code) => {
  server.behave((command) => (command.verb === verb ? fault : null));
  const { tenant_id } = await invoiced([`again-${number}@acme.example`]);
  const [mail] = await attempted(tenant_id);
  expect(mail).toMatchObject({ status: 'pending', attempts: 1, last_attempt: { smtp_code: code } });
  expect(mail?.last_attempt?.error).toBeTruthy();
  server.behave(null);
  await passed(15);
  expect(await attempted(tenant_id, 2)).toMatchObject([{ status: 'delivered', attempts: 2 }]);
  expect(new Set(server.received.map(({ messageId }) => messageId))).toEqual(
    new Set([`${mail?.notification_id}@arcadia.example`]),
  );
});

test('a server that cannot be reached is left alone: one mail tries it, the others wait and are sent once it is back', async () => {
  server.behave(({ verb }) => (verb === 'CONNECT' ? '421 4.3.2 closed' : null));
  const first = await invoiced(['a@held.example']);
  await attempted(first.tenant_id);
  const before = server.connections();
  const others = [await invoiced(['b@held.example']), await invoiced(['c@held.example'])];
  await stage.running.settled();
  expect(server.connections()).toBe(before);
  const health = await stage.running.health();
  expect(health.facts['mail']).toMatchObject({ ok: true, warning: expect.stringContaining('421 4.3.2 closed') });
  server.behave(null);
  await passed(15);
  for (const { tenant_id } of [first, ...others])
    expect(await attempted(tenant_id, 1)).toMatchObject([{ status: 'delivered' }]);
});

test('a recipient whose server stalls has at most two mails in progress, and the others get theirs meanwhile', async () => {
  let [open, most] = [0, 0];
  server.behave(async ({ verb, argument }) => {
    if (verb !== 'RCPT' || !argument.startsWith('slow')) return null;
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => setTimeout(resolve, 300));
    open -= 1;
    return null;
  });
  const { tenant_id } = await invoiced(['slow@stall.example']);
  for (let each = 1; each <= 5; each += 1) {
    number += 1;
    await publishEvent(stage.nats, invoicing.invoiceIssued, issued(number, { tenant_id }), {
      occurredAt: stage.clock.now(),
    });
  }
  const quick = await invoiced(['quick@stall.example']);
  await attempted(quick.tenant_id);
  expect(server.received.filter(({ recipients }) => recipients[0]?.startsWith('slow')).length).toBeLessThan(5);
  await attempted(tenant_id, 1, 6);
  expect(most).toBeLessThanOrEqual(2);
});

test('many recipients that wait for their next attempt hold up no other, wherever it stands in the order', async () => {
  server.behave(({ verb, argument }) => (verb === 'RCPT' && argument.startsWith('later') ? '451 4.2.1 later' : null));
  const recipients = Array.from({ length: 10 }, (_, index) => index);
  const waiting: string[] = [];
  for (const group of ['a', 'b', 'c', 'd', 'e', 'f'])
    waiting.push((await invoiced(recipients.map((index) => `later-${group}${index}@wait.example`))).tenant_id);
  for (const tenant_id of waiting) await attempted(tenant_id, 1, 10);
  const last = await invoiced(['zz@wait.example']);
  expect(await attempted(last.tenant_id)).toMatchObject([{ status: 'delivered' }]);
});

test('a template that does not render is shown in the log, tried again, and holds nobody up', async () => {
  server.behave(({ verb }) => (verb === 'RCPT' ? '451 4.2.1 later' : null));
  const broken = await invoiced(['broken@acme.example']);
  const [mail] = await attempted(broken.tenant_id);
  const text = (
    await stage.rows<{ body: string }>(
      `SELECT body FROM notifications WHERE notification_id = '${mail?.notification_id}'`,
    )
  )[0]?.body;
  const setBody = (body: string) =>
    stage.rows(
      `UPDATE notifications SET body = '${body}' WHERE notification_id = '${mail?.notification_id}' RETURNING 1 AS one`,
    );
  await setBody(`{"data":{"invoice_id":"${broken.event.invoice_id}"}}`);
  server.behave(null);
  await passed(15);
  const fine = await invoiced(['fine@acme.example']);
  await attempted(fine.tenant_id);
  const [failed] = await attempted(broken.tenant_id, 2);
  expect(failed).toMatchObject({ status: 'pending', attempts: 2, last_attempt: { smtp_code: null } });
  expect(failed?.last_attempt?.error).toContain('the mail could not be written');
  await setBody(text ?? '');
  await passed(60);
  expect(await attempted(broken.tenant_id, 3)).toMatchObject([{ status: 'delivered' }]);
});

test('names end no header and become no HTML', async () => {
  const name = 'Evil\r\nBcc: all@acme.example\r\n\r\n<script>alert(1)</script>';
  const { tenant_id } = await invoiced(['safe@acme.example'], { name });
  const note = { ...overdue(number, { tenant_id }), number: `INV-1\r\nBcc: all@acme.example <b>` };
  await publishEvent(stage.nats, invoicing.invoiceOverdue, note, { occurredAt: stage.clock.now() });
  await attempted(tenant_id, 1, 2);
  await stage.running.settled();
  for (const { raw, recipients } of server.received) {
    expect(recipients).toEqual(['safe@acme.example']);
    const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
    expect(head).not.toMatch(/^Bcc:/im);
    const html = raw.slice(raw.indexOf('Content-Type: text/html'));
    expect(html.replaceAll('=\r\n', '')).not.toMatch(/<script>|<b>/);
  }
});

test('what is older than the setting is not mailed, but can be replayed', async () => {
  number += 1;
  const tenant_id = `tenant-${number}`;
  await publishEvent(stage.nats, invoicing.billingProfileChanged, profile(tenant_id, ['old@acme.example']));
  const occurredAt = stage.clock.now().subtract({ hours: 24 * 8 });
  await publishEvent(stage.nats, invoicing.invoiceIssued, issued(number, { tenant_id }), { occurredAt });
  const [mail] = await attempted(tenant_id);
  expect(mail).toMatchObject({ status: 'skipped', skipped_because: 'too-old', attempts: 0 });
  expect(server.received).toHaveLength(0);
  await stage.get(notifications.replayMail, { mail_id: mail?.mail_id ?? '' });
  await eventually('it is sent', () => server.received.length === 1);
});

test('reminders follow their days, the last one that is due alone, and stop once the invoice is paid or void', async () => {
  const { tenant_id, event } = await invoiced(['late@acme.example']);
  await attempted(tenant_id);
  const typesOf = async () =>
    (await mailsOf(tenant_id)).map(({ type, skipped_because }) => [type, skipped_because]).slice(0, -1);
  const remindOn = async (day: string) => {
    stage.clock.set(`${day}T07:10:00Z`);
    await stage.running.runJob('remind', stage.clock.now());
    await stage.running.settled();
  };
  await remindOn('2026-04-11');
  expect(await typesOf()).toEqual([]);
  await remindOn('2026-04-12');
  await remindOn('2026-04-13');
  expect(await typesOf()).toEqual([['invoice.reminder', null]]);
  await remindOn('2026-04-30');
  expect(await typesOf()).toHaveLength(2);
  expect(server.received.at(-1)?.raw).toContain('was due 15 days ago');
  invoicingState.amountDueCents = 0;
  const other = await invoiced(['paid@acme.example']);
  await publishEvent(stage.nats, invoicing.invoicePaid, {
    ...{
      invoice_id: event.invoice_id,
      tenant_id,
      period: '2026-03',
      number: event.number,
      currency: 'AUD',
      total_cents: 1,
    },
    ...{ deployment_ids: [], paid_at: '2026-05-01T00:00:00Z', reference: 'x' },
  });
  await stage.running.settled();
  await remindOn('2026-05-01');
  expect(await typesOf()).toHaveLength(2);
  // Nothing is due on the other one, though it was not published as paid: invoicing is asked.
  expect(await mailsOf(other.tenant_id)).toMatchObject([
    { type: 'invoice.reminder', status: 'skipped', skipped_because: 'settled' },
    { type: 'invoice.issued' },
  ]);
});

test('a tenant sees its own mails only', async () => {
  const { tenant_id } = await invoiced(['own@acme.example']);
  const [mail] = await attempted(tenant_id);
  const mail_id = mail?.mail_id ?? '';
  expect((await stage.get(notifications.listMails, {}, tenant(tenant_id))).items).toHaveLength(1);
  expect((await stage.get(notifications.listMails, { tenant_id }, tenant('another'))).items).toEqual([]);
  for (const contract of [notifications.getMail, notifications.replayMail]) {
    const refused = await stage.request(contract, { mail_id }, tenant('another'));
    expect(isRefusal(refused) && refused.refused).toBe('not-found');
  }
});

test.each(['mail.claimed', 'mail.sent', 'mail.recorded'])(
  'after a failure at %s each mail is sent, with one id',
  async (point) => {
    armFailpoints(`${point}=throw`);
    const { tenant_id } = await invoiced([`point@${point}.example`]);
    await eventually('a mail is claimed', async () => (await mailsOf(tenant_id)).length === 1);
    await eventually('the failpoint is hit', async () => {
      await passed(200);
      return (await mailsOf(tenant_id))[0]?.status === 'delivered';
    });
    expect(new Set(server.received.map(({ messageId }) => messageId)).size).toBe(1);
  },
);
