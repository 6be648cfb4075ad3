import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { type EventData, invoicing, isRefusal, notifications, serviceActor } from '@arcadia/contracts';
import { startSmtpServer } from '@arcadia/mailbox-stand-in';
import { service } from '@arcadia/notifications';
import {
  type Bus,
  createLog,
  encodeEvent,
  forService,
  messageHeaders,
  publishInOrder,
  sendRequest,
  startService,
} from '@arcadia/platform';
import type pg from 'pg';
import type { Bench } from './bench.ts';
import { startNeighbour } from './beside-run.ts';
import { connectAsAdmin, createServiceDatabase } from './service-database.ts';

const invoices = Number(process.env['BENCH_INVOICES'] ?? 10_000);
const tenants = 500;
const required = 200;
const batch = 500;
/** How much longer an invoice run may take while a burst is being sent. */
const mostSlowdown = 1.1;
/** How many webhooks and mails a second leave meanwhile at least: somewhat less than the service promises. */
const leastBeside = 20;
const runs = 5;
const besideRun = 6_000;
const operator = serviceActor('bench');
const occurredAt = Temporal.Now.instant();

/** A burst of invoices that leaves as a webhook and a mail each, without documents: how long drawing a PDF takes is invoicing's. */
export const notificationsBench: Bench = {
  name: 'notifications',
  unit: 'invoices/s',
  summary: `a burst of ${invoices} issued invoices, until the last one has arrived as a webhook and as a mail on this machine, against the required ${required} a second`,
  gate: { kind: 'at-least', gate: 1, aim: 2 },
  pairs: 1,
  async prepare(stage) {
    const url = await createServiceDatabase(stage, 'notifications');
    const receiver = await startReceiver();
    stage.defer(() => receiver.stop());
    const mailServer = await startSmtpServer({ most: 1, onMail: () => void (arrived.mails += 1) });
    stage.defer(() => mailServer.stop());
    const log = (name: string) => createLog({ name, level: 'error', destination: process.stderr });
    const answering = await startService(invoicingAnswers, { env: { NATS_URL: stage.natsUrl }, log: log('invoicing') });
    stage.defer(() => answering.stop());
    const env = {
      ...{
        DATABASE_URL: url,
        NATS_URL: stage.natsUrl,
        NOTIFICATIONS_KEY: 'a key of the benchmark that is long enough',
      },
      ...{
        WEBHOOK_LOOPBACK: 'on',
        SMTP_URL: mailServer.url,
        MAIL_FROM: 'billing@arcadia.example',
        MAIL_ATTACHMENT_KB: '0',
      },
    };
    const running = await startService(service, { env, log: log('notifications'), scheduler: false });
    stage.defer(() => running.stop());
    const caller = await startService(callingService, { env: { NATS_URL: stage.natsUrl }, log: log('caller') });
    stage.defer(() => caller.stop());
    const input = { url: receiver.url, event_types: ['invoice.issued' as const, 'invoice.voided' as const] };
    await sendRequest(caller.bus, notifications.createWebhookEndpoint, input, { actor: operator });
    const admin = await connectAsAdmin(stage.postgresUrl, 'bench');
    stage.defer(() => admin.end());
    const publish = async (contract: Contract, all: readonly unknown[]): Promise<void> => {
      const events = all.flatMap((data) =>
        encodeEvent(contract, data as never, { occurredAt: Temporal.Now.instant(), headers: null }),
      );
      for (let from = 0; from < events.length; from += batch)
        await publishInOrder(
          caller.bus,
          'INVOICING',
          events.slice(from, from + batch).map((event) => ({
            ...{ subject: event.subject, payload: event.payload, headers: messageHeaders(event, 'invoicing') },
          })),
        );
    };
    await publish(
      invoicing.billingProfileChanged,
      Array.from({ length: tenants }, (_, index) => profile(index)),
    );
    let sent = 0;
    const seconds = { webhooks: 0, mails: 0 };
    return {
      async ours() {
        const burst = Array.from({ length: invoices }, () => issued((sent += 1)));
        Object.assign(arrived, { webhooks: 0, mails: 0 });
        const started = performance.now();
        const since = () => (performance.now() - started) / 1_000;
        await publish(invoicing.invoiceIssued, burst);
        await Promise.all(
          (['webhooks', 'mails'] as const).map(async (kind) => {
            while (arrived[kind] < invoices) await new Promise((resolve) => setTimeout(resolve, 20));
            seconds[kind] = since();
          }),
        );
        return { units: invoices, ms: since() * 1_000 };
      },
      bare: async () => ({ units: invoices, ms: (invoices / required) * 1_000 }),
      async furtherGates() {
        const burst = Array.from({ length: besideRun }, () => voided((sent += 1)));
        await publish(invoicing.invoiceVoided, burst);
        await until(async () => {
          const { rows } = await admin.query(
            `SELECT count(*)::int AS count FROM notifications.notifications WHERE type = 'invoice.voided'`,
          );
          return rows[0].count === besideRun;
        });
        await running.stop();
        await answering.stop();
        // Invoicing takes the messages of others for its own that its database has lost.
        await caller.bus.jsm.streams.purge('INVOICING');
        stage.progress('an invoice run alone and while a burst is being sent');
        const urls = { BENCH_POSTGRES: stage.postgresUrl, NATS_URL: stage.natsUrl };
        await using invoiceRun = await startNeighbour('invoicing', urls);
        await invoiceRun.run(); // warms it up
        const ratios: number[] = [];
        for (let pair = 0; pair < runs; pair += 1) {
          const aloneMs = await invoiceRun.run();
          await using _sending = await startNeighbour('notifications', { ...env, NATS_URL: stage.natsUrl });
          Object.assign(arrived, { webhooks: 0, mails: 0 });
          await sendAgain(admin, caller.bus);
          const askedAt = performance.now();
          await until(() => Promise.resolve(arrived.mails > 0 && arrived.webhooks > 0));
          const begunMs = performance.now() - askedAt;
          const besideMs = await invoiceRun.run();
          const { mails, webhooks } = arrived;
          if (Math.max(mails, webhooks) >= besideRun) throw new Error('the burst was over before the invoice run');
          if (Math.min(mails, webhooks) < (leastBeside * besideMs) / 1_000) throw new Error('the burst stood still');
          stage.progress(
            `alone ${Math.round(aloneMs)} ms, beside it ${Math.round(besideMs)} ms, ${mails} mails and ${webhooks} webhooks sent, begun ${Math.round(begunMs)} ms after the request`,
          );
          ratios.push(besideMs / aloneMs);
          await until(() => Promise.resolve(arrived.mails >= besideRun && arrived.webhooks >= besideRun));
        }
        const value = ratios.toSorted((a, b) => a - b)[Math.floor(runs / 2)] ?? Number.NaN;
        return [{ name: 'an invoice run while a burst is sent, times alone', value, atMost: mostSlowdown }];
      },
      notes: async () => ({
        webhooks_per_second: Math.round(invoices / seconds.webhooks),
        mails_per_second: Math.round(invoices / seconds.mails),
      }),
    };
  },
};

/** Makes the burst due again, as a replay does, and has it sent. */
async function sendAgain(admin: pg.Client, bus: Bus): Promise<void> {
  const dueAgain = async (table: string): Promise<string> => {
    const { rows } = await admin.query<{ delivery_id: string }>(
      `UPDATE notifications.${table} d SET state = 'pending', due_at = now(), tries = 0, lease = NULL
       FROM notifications.notifications n WHERE n.notification_id = d.notification_id AND n.type = 'invoice.voided' RETURNING delivery_id`,
    );
    if (rows.length !== besideRun) throw new Error(`${rows.length} of ${besideRun} rows of ${table} are due again`);
    return rows[0]?.delivery_id ?? '';
  };
  const delivery_id = await dueAgain('webhook_deliveries');
  const mail_id = await dueAgain('mail_deliveries');
  const started = [
    await sendRequest(bus, notifications.replayWebhookDelivery, { delivery_id }, { actor: operator }),
    await sendRequest(bus, notifications.replayMail, { mail_id }, { actor: operator }),
  ];
  const refused = started.find(isRefusal);
  if (refused !== undefined) throw new Error(`the burst is not sent again: ${refused.detail}`);
}

type Contract =
  | typeof invoicing.billingProfileChanged
  | typeof invoicing.invoiceIssued
  | typeof invoicing.invoiceVoided;

/** Waits for a condition, at most five minutes. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 300_000; !(await isTrue()); ) {
    if (performance.now() > deadline) throw new Error('the burst was not sent within five minutes');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const arrived = { webhooks: 0, mails: 0 };

const { defineService, answer } = forService<unknown, object>();

/** Who publishes and requests, also while no other service of this process runs. */
const callingService = defineService({
  ...{ name: 'gateway', schema: null, config: () => ({}), migrations: {} },
  ...{ publishes: [], consumes: [], answers: [], jobs: [] },
});

/** What mails ask of invoicing, answered at once. */
const invoicingAnswers = defineService({
  name: 'invoicing',
  schema: null,
  config: () => ({}),
  migrations: {},
  publishes: [],
  consumes: [],
  jobs: [],
  answers: [
    answer(invoicing.getInvoice, ({ input }) =>
      Promise.resolve({
        ...{
          ...issued(1),
          invoice_id: input.invoice_id,
          facts_hash: null,
          lines: [],
          line_count: 0,
          lines_next_cursor: null,
        },
        ...{ unbilled: [], unbilled_next_cursor: null, is_overdue: false, is_tax_inclusive: false },
        ...{ credited_cents: 0, applied_credit_cents: 0, paid_cents: 0, amount_due_cents: 7064 },
        ...{
          paid_at: null,
          payment_reference: null,
          voided_at: null,
          void_reason: null,
          replaced_by: null,
          replaces: null,
        },
        ...{ finance_invoice_id: null, pushed_to_finance_at: null },
      }),
    ),
  ],
});

const uuid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

const issued = (number: number): EventData<typeof invoicing.invoiceIssued> => ({
  ...{ invoice_id: uuid(number), tenant_id: `tenant-${number % tenants}`, period: '2026-03', number: `INV-${number}` },
  ...{ status: 'issued', period_start: '2026-03-01T00:00:00Z', period_end: '2026-04-01T00:00:00Z', currency: 'AUD' },
  ...{
    subtotal_cents: 6422,
    tax_cents: 642,
    total_cents: 7064,
    issued_at: occurredAt.toString(),
    due_on: '2026-04-15',
  },
  ...{ lines: [], close_revision: 1, rating_version: '1', input_hash: 'x', output_hash: 'y', facts_hash: null },
});

/** Mails of it ask invoicing for nothing. */
const voided = (number: number): EventData<typeof invoicing.invoiceVoided> => ({
  ...{ invoice_id: uuid(number), tenant_id: `tenant-${number % tenants}`, period: '2026-03', number: `INV-${number}` },
  ...{ currency: 'AUD', total_cents: 7064, deployment_ids: [], reason: 'a benchmark', replaced_by: null },
  voided_at: occurredAt.toString(),
});

const profile = (index: number): EventData<typeof invoicing.billingProfileChanged> => ({
  ...{ tenant_id: `tenant-${index}`, name: `Tenant ${index}`, address: [], registration_number: null, country: null },
  ...{ buyer_reference: null, currency: 'AUD', payment_terms_days: 14, language: 'en', revision: 1 },
  email_recipients: [`billing@tenant-${index}.example`],
  tax: { name: 'GST', rate: '0.1', registration_number: null, is_inclusive: false, rounding: 'half_up' },
});

/** Takes webhooks and counts them. */
async function startReceiver() {
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => {
      arrived.webhooks += 1;
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
