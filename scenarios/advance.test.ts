import { advance } from '@arcadia/app';
import { invoicing, notifications, provisioning } from '@arcadia/contracts';
import { untilQuiet } from '@arcadia/platform';
import { expect, test } from 'vitest';
import { makeWorld } from './src/make-world.ts';
import { startWholeStack } from './src/whole-stack.ts';

const world = makeWorld('advanced', {
  period: '2026-04',
  provider: { projects: [{ name: 'Default', is_default: true }] },
});

test('a tenant that was made a minute ago gets its first invoice, as a document and as a mail, once the clock is moved on', {
  timeout: 400_000,
}, async () => {
  await using stack = await startWholeStack(world);
  const { player, running } = stack;
  const { api } = player;
  await stack.play();
  // The world stood still for most of May; the days are metered when the first one is.
  const resumed = Temporal.Instant.from('2026-05-30T12:00:00Z');
  running.clock.set(resumed);
  running.providerClock.set(resumed);
  running.clock.run();
  running.providerClock.run();
  for (const service of running.stack.services) service.startScheduler();
  const { mail_recipient, ...tenant } = {
    ...{ tenant_id: 'new', name: 'New GmbH', language: 'de' as const, mail_recipient: 'rechnung@new.example' },
    email_recipients: ['rechnung@new.example'],
  };
  await api.request(invoicing.createTenant, tenant);
  const { deployment_id } = await api.request(provisioning.createDeployment, { tenant_id: 'new', slug: 'shop' });
  await untilQuiet(running.stack.services, { timeoutMs: 60_000 });
  await api.request(invoicing.subscribe, { deployment_id, plan_code: 'studio' });

  const steps: string[] = [];
  for await (const at of advance(running, Temporal.Instant.from('2026-06-01T06:00:00Z')))
    steps.push(at.toString().slice(0, 16));
  expect(steps).toEqual(['2026-05-31T04:30', '2026-06-01T04:30', '2026-06-01T06:00']);
  const invoices = await api.list(invoicing.listInvoices, { tenant_id: 'new' });
  expect(invoices).toMatchObject([{ status: 'issued', period: '2026-05' }]);
  const [mail] = await api.list(notifications.listMails, { tenant_id: 'new' });
  expect(mail).toMatchObject({ type: 'invoice.issued', status: 'delivered', recipient: mail_recipient });
  const received = running.mailbox.mails().filter(({ recipients }) => recipients.includes(mail_recipient));
  expect(received).toHaveLength(1);
  expect(received[0]?.raw).toContain('Content-Type: application/pdf');
});
