import { setTimeout as delay } from 'node:timers/promises';
import { invoicing, notifications, type RequestContract } from '@arcadia/contracts';
import { startSmtpServer } from '@arcadia/mailbox-stand-in';
import { playedClock } from '@arcadia/platform';
import {
  askService,
  eventually,
  publishEvent,
  startTestService,
  throwawayDatabase,
  throwawayNats,
} from '@arcadia/testkit';
import { expect, test } from 'vitest';
import { service } from '../src/index.ts';
import { startInvoicingNeighbour } from '../test/invoicing-neighbour.ts';
import { startReceiver } from '../test/receiver.ts';
import { issued, operator, profile } from '../test/stage.ts';
import { forkNotifications } from './notifications-process.ts';

const tenants = 40;
const invoicesOfEach = 10;
/** Where processes are killed, one after the other: at failpoints, and at random moments, in milliseconds after their start. */
const deaths: readonly (string | number)[] = [
  ...['webhook.claimed=kill@2', 'mail.claimed=kill@2', 'webhook.sent=kill@2', 'mail.sent=kill@3'],
  ...['webhook.recorded=kill@2', 'mail.recorded=kill@3', 'relay.after-publish=kill', 'consumer.after-commit=kill'],
  ...Array.from({ length: 4 }, () => 20 + Math.random() * 400),
];

test('killed at any point, every event reaches both kinds of receiver at least once, each time with one id', async () => {
  await using nats = await throwawayNats();
  await using database = await throwawayDatabase({ service: 'notifications' });
  await using _invoicing = await startInvoicingNeighbour(nats);
  await using receiver = await startReceiver();
  const mailServer = await startSmtpServer({ most: 100_000 });
  const env = {
    NOTIFICATIONS_KEY: 'a key of the tests with more than 32 characters',
    ...{
      WEBHOOK_LOOPBACK: 'on',
      SMTP_URL: mailServer.url,
      MAIL_FROM: 'billing@arcadia.example',
      SMTP_CONNECTIONS: '4',
    },
    ...{ MAIL_MOST_AGE_DAYS: '365', MAIL_ATTACHMENT_KB: '0' },
  };
  const ask = <C extends RequestContract>(contract: C, input: object) =>
    askService(nats, contract, input as never, { actor: operator });
  const names = Array.from({ length: tenants }, (_, index) => `tenant-${index}`);
  const events = names.flatMap((tenant_id, index) =>
    Array.from({ length: invoicesOfEach }, (__, one) => issued(index * invoicesOfEach + one + 1, { tenant_id })),
  );
  {
    await using first = await startTestService(service, { nats, database, env });
    await ask(notifications.createWebhookEndpoint, { url: receiver.url(), event_types: ['invoice.issued'] });
    await publishEvent(
      nats,
      invoicing.billingProfileChanged,
      names.map((name) => profile(name, [`${name}@killed.example`])),
    );
    await first.settled();
  }
  // They occur after the endpoint was made, however long that took: it gets no earlier events.
  await publishEvent(nats, invoicing.invoiceIssued, events, { occurredAt: Temporal.Now.instant() });
  const sent: number[] = [];
  for (const death of deaths) {
    const doomed = forkNotifications({
      ...{ ...env, NATS_URL: nats.url, DATABASE_URL: database.url },
      ...(typeof death === 'string' ? { ARCADIA_FAILPOINTS: death } : {}),
    });
    await doomed.ready;
    await Promise.race([doomed.ended, delay(typeof death === 'number' ? death : 3_000)]);
    doomed.kill();
    await doomed.ended;
    sent.push(receiver.received.length + mailServer.received.length);
  }
  // The survivor begins after all leases of the dead.
  const clock = playedClock(Temporal.Now.instant().add({ minutes: 20 }));
  clock.run();
  await using survivor = await startTestService(service, { nats, database, clock, env });
  const webhookIds = () => new Set(receiver.received.map(({ headers }) => headers['webhook-id']));
  const mailIds = () => new Set(mailServer.received.map(({ messageId }) => messageId));
  await eventually(
    'all have arrived',
    async () => {
      await survivor.runJob('deliver-webhooks', clock.now());
      await survivor.runJob('deliver-mails', clock.now());
      return webhookIds().size >= events.length && mailIds().size >= events.length;
    },
    { timeoutMs: 120_000 },
  );
  await survivor.settled();
  expect(sent.at(-1)).toBeGreaterThan(0);
  expect(webhookIds().size).toBe(events.length);
  expect(mailIds().size).toBe(events.length);
  // The same id is the same event: a receiver may drop the second copy.
  const bodies = new Map(receiver.received.map(({ headers, body }) => [headers['webhook-id'], body]));
  for (const { headers, body } of receiver.received) expect(body).toBe(bodies.get(headers['webhook-id']));
  const subjects = new Map(
    mailServer.received.map(({ messageId, raw }) => [messageId, /^Subject: .*$/m.exec(raw)?.[0]]),
  );
  for (const { messageId, raw } of mailServer.received)
    expect(/^Subject: .*$/m.exec(raw)?.[0]).toBe(subjects.get(messageId));
  expect([...mailIds()].map((id) => id.split('@')[0]).toSorted()).toEqual([...webhookIds()].map(String).toSorted());
  await mailServer.stop();
}, 400_000);
