import { invoicing, notifications } from '@arcadia/contracts';
import { startSmtpServer } from '@arcadia/mailbox-stand-in';
import {
  askService,
  eventually,
  fakeClock,
  publishEvent,
  startTestService,
  tableRows,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { captures } from '../src/captures.ts';
import { service } from '../src/service.ts';
import { startInvoicingNeighbour } from './invoicing-neighbour.ts';
import { startReceiver } from './receiver.ts';
import { issued, operator, profile, start } from './stage.ts';

test('after a set-back what was entered is there, and what was notified of since is sent again with its id', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'notifications' });
  await using _invoicing = await startInvoicingNeighbour(nats);
  await using receiver = await startReceiver();
  const mailServer = await startSmtpServer();
  const clock = fakeClock(start);
  const env = {
    NOTIFICATIONS_KEY: 'a key of the tests with more than 32 characters',
    ...{ WEBHOOK_LOOPBACK: 'on', SMTP_URL: mailServer.url, MAIL_FROM: 'billing@arcadia.example' },
  };
  const issue = (number: number) =>
    publishEvent(nats, invoicing.invoiceIssued, issued(number), { occurredAt: clock.now().add({ seconds: 1 }) });
  const ids = () => ({
    webhooks: receiver.received.map(({ headers }) => headers['webhook-id']),
    mails: mailServer.received.map(({ messageId }) => messageId),
  });
  mailServer.behave(({ verb, argument }) =>
    verb === 'RCPT' && argument.startsWith('gone') ? '550 5.1.1 no such user' : null,
  );
  let before: Awaited<ReturnType<typeof tableRows>>;
  let backup: Awaited<ReturnType<typeof database.snapshot>>;
  {
    await using running = await startTestService(service, { nats, database, clock, env });
    const input = { url: receiver.url(), event_types: ['invoice.issued' as const] };
    await askService(nats, notifications.createWebhookEndpoint, input, { actor: operator });
    await publishEvent(nats, invoicing.billingProfileChanged, profile('acme', ['here@acme.example']));
    await issue(1);
    await eventually('the first arrives', () => mailServer.received.length === 1 && receiver.received.length === 1);
    await running.settled();
    backup = await database.snapshot();
    await publishEvent(
      nats,
      invoicing.billingProfileChanged,
      profile('acme', ['here@acme.example', 'gone@acme.example'], { revision: 2 }),
    );
    const access = {
      endpoint_url: 'http://127.0.0.1:9',
      bucket: 'finops',
      access_key: 'key',
      secret_access_key: 'secret',
    };
    const exported = { ...access, schedule: '30 4 * * *', is_after_close: false };
    await askService(nats, notifications.createScheduledExport, exported, { actor: operator });
    await issue(2);
    await eventually('the second arrives', () => mailServer.received.length === 2 && receiver.received.length === 2);
    await running.settled();
    before = await tableRows(running.context.db, [...captures, 'mail_profiles', 'invoice_dues']);
    expect(String(before['mail_suppressions'])).toContain('gone@acme.example');
    expect(String(before['scheduled_exports'])).toContain('30 4 * * *');
  }
  const sent = ids();
  await backup.setBack();

  await using restored = await startTestService(service, { nats, database, clock, env });
  await eventually('the second is sent again', () => mailServer.received.length >= 3 && receiver.received.length >= 3);
  await restored.settled();
  expect(await tableRows(restored.context.db, [...captures, 'mail_profiles', 'invoice_dues'])).toEqual(before);
  const again = ids();
  expect(again).toEqual({ webhooks: [...sent.webhooks, sent.webhooks[1]], mails: [...sent.mails, sent.mails[1]] });
  await mailServer.stop();
});
