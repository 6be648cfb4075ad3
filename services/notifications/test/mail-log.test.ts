import { invoicing, isRefusal, notifications } from '@arcadia/contracts';
import { armFailpoints } from '@arcadia/platform';
import { eventually, publishEvent } from '@arcadia/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { invoicingState } from './invoicing-neighbour.ts';
import { type MailStage, openMailStage } from './mail-stage.ts';
import { issued, overdue, profile, tenant } from './stage.ts';

let at: MailStage;

beforeAll(async () => {
  at = await openMailStage();
});
afterEach(() => at.reset());
afterAll(async () => {
  await at?.[Symbol.asyncDispose]();
});

test('names end no header and become no HTML', async () => {
  const name = 'Evil\r\nBcc: all@acme.example\r\n\r\n<script>alert(1)</script>';
  const { tenant_id, number } = await at.invoiced(['safe@acme.example'], { name });
  const note = { ...overdue(number, { tenant_id }), number: `INV-1\r\nBcc: all@acme.example <b>` };
  await publishEvent(at.stage.nats, invoicing.invoiceOverdue, note, { occurredAt: at.stage.clock.now() });
  await at.attempted(tenant_id, 1, 2);
  await at.stage.running.settled();
  for (const { raw, recipients } of at.server.received) {
    expect(recipients).toEqual(['safe@acme.example']);
    const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
    expect(head).not.toMatch(/^Bcc:/im);
    const html = raw.slice(raw.indexOf('Content-Type: text/html'));
    expect(html.replaceAll('=\r\n', '')).not.toMatch(/<script>|<b>/);
  }
});

test('what is older than the setting is not mailed, but can be replayed', async () => {
  const number = at.next();
  const tenant_id = `tenant-${number}`;
  await publishEvent(at.stage.nats, invoicing.billingProfileChanged, profile(tenant_id, ['old@acme.example']));
  const occurredAt = at.stage.clock.now().subtract({ hours: 24 * 8 });
  await publishEvent(at.stage.nats, invoicing.invoiceIssued, issued(number, { tenant_id }), { occurredAt });
  const [mail] = await at.attempted(tenant_id);
  expect(mail).toMatchObject({ status: 'skipped', skipped_because: 'too-old', attempts: 0 });
  expect(at.server.received).toHaveLength(0);
  await at.stage.get(notifications.replayMail, { mail_id: mail?.mail_id ?? '' });
  await eventually('it is sent', () => at.server.received.length === 1);
});

test('reminders follow their days, the last one that is due alone, and stop once the invoice is paid or void', async () => {
  const { tenant_id, event } = await at.invoiced(['late@acme.example']);
  await at.attempted(tenant_id);
  const typesOf = async () =>
    (await at.mailsOf(tenant_id)).map(({ type, skipped_because }) => [type, skipped_because]).slice(0, -1);
  const remindOn = async (day: string) => {
    at.stage.clock.set(`${day}T07:10:00Z`);
    await at.stage.running.runJob('remind', at.stage.clock.now());
    await at.stage.running.settled();
  };
  await remindOn('2026-04-11');
  expect(await typesOf()).toEqual([]);
  await remindOn('2026-04-12');
  await remindOn('2026-04-13');
  expect(await typesOf()).toEqual([['invoice.reminder', null]]);
  await remindOn('2026-04-30');
  expect(await typesOf()).toHaveLength(2);
  expect(at.server.received.at(-1)?.raw).toContain('was due on 15 April 2026');
  invoicingState.amountDueCents = 0;
  const other = await at.invoiced(['paid@acme.example']);
  await publishEvent(at.stage.nats, invoicing.invoicePaid, {
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
  await at.stage.running.settled();
  await remindOn('2026-05-01');
  expect(await typesOf()).toHaveLength(2);
  // Nothing is due on the other one, though it was not published as paid: invoicing is asked.
  expect(await at.mailsOf(other.tenant_id)).toMatchObject([
    { type: 'invoice.reminder', status: 'skipped', skipped_because: 'settled' },
    { type: 'invoice.issued' },
  ]);
});

test('a tenant sees its own mails only', async () => {
  const { tenant_id } = await at.invoiced(['own@acme.example']);
  const [mail] = await at.attempted(tenant_id);
  const mail_id = mail?.mail_id ?? '';
  expect((await at.stage.get(notifications.listMails, {}, tenant(tenant_id))).items).toHaveLength(1);
  expect((await at.stage.get(notifications.listMails, { tenant_id }, tenant('another'))).items).toEqual([]);
  for (const contract of [notifications.getMail, notifications.replayMail]) {
    const refused = await at.stage.request(contract, { mail_id }, tenant('another'));
    expect(isRefusal(refused) && refused.refused).toBe('not-found');
  }
});

test.each(['mail.claimed', 'mail.sent', 'mail.recorded'])(
  'after a failure at %s each mail is sent, with one id',
  async (point) => {
    armFailpoints(`${point}=throw`);
    const { tenant_id } = await at.invoiced([`point@${point}.example`]);
    await eventually('a mail is claimed', async () => (await at.mailsOf(tenant_id)).length === 1);
    await eventually('the failpoint is hit', async () => {
      await at.passed(200);
      return (await at.mailsOf(tenant_id))[0]?.status === 'delivered';
    });
    expect(new Set(at.server.received.map(({ messageId }) => messageId)).size).toBe(1);
  },
);
