import {
  billingIngest,
  drift,
  type EventContract,
  inventorySync,
  invoicing,
  notifications,
  provisioning,
} from '@arcadia/contracts';
import { deploymentChangeOf, eventually, publishEvent, publishRaw } from '@arcadia/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Receiver, startReceiver } from './receiver.ts';
import { openStage, operator, paid, type Stage } from './stage.ts';

const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const at = '2026-04-01T00:00:00Z';
const reference = {
  invoice_id: id(1),
  tenant_id: 'acme',
  period: '2026-03',
  number: 'INV-000001',
  currency: 'AUD',
  total_cents: 7064,
};

/** An event of each kind, with the notification that follows from it; null: none does. */
const cases: readonly (readonly [EventContract, Record<string, unknown>, string | null])[] = [
  [
    invoicing.invoiceIssued,
    {
      ...reference,
      period_start: '2026-03-01T00:00:00Z',
      period_end: at,
      status: 'issued',
      subtotal_cents: 6422,
      tax_cents: 642,
      issued_at: at,
      due_on: '2026-04-15',
      lines: [],
      close_revision: 1,
      rating_version: '1',
      input_hash: 'x',
      output_hash: 'y',
      facts_hash: null,
    },
    'invoice.issued',
  ],
  [invoicing.invoicePaid, { ...paid(1), invoice_id: id(1) }, 'invoice.paid'],
  [
    invoicing.invoiceOverdue,
    { ...reference, deployment_ids: [], due_on: '2026-04-15', overdue_at: at },
    'invoice.overdue',
  ],
  [
    invoicing.invoiceVoided,
    { ...reference, deployment_ids: [], voided_at: at, reason: 'wrong', replaced_by: null },
    'invoice.voided',
  ],
  [
    invoicing.creditNoteIssued,
    { ...reference, credit_note_id: id(2), net_cents: 1, tax_cents: 0, reason: 'x', issued_at: at, lines: [] },
    'credit_note.issued',
  ],
  [
    invoicing.alertCrossed,
    {
      alert_id: id(3),
      tenant_id: 'acme',
      deployment_id: id(4),
      period: '2026-04',
      kind: null,
      threshold: { basis: 'money', value: '500' },
      reached: '501',
      crossed_at: at,
    },
    'alert.raised',
  ],
  [
    drift.driftDetected,
    {
      drift_id: id(5),
      resource_id: id(6),
      deployment_id: null,
      tenant_id: 'acme',
      kind: 'field',
      field: 'size_slug',
      expected: 'a',
      actual: 'b',
      spec_version: 1,
      revision: 1,
      detected_at: at,
    },
    'drift.opened',
  ],
  [
    inventorySync.sweepParked,
    {
      provider: 'digitalocean',
      kind: 'droplet',
      sweep_id: id(7),
      started_at: at,
      missing: 40,
      detail: '40 are missing.',
    },
    'sweep.parked',
  ],
  ...(['unreconciled', 'reconciled'] as const).map(
    (status, index) =>
      [
        billingIngest.invoiceIngested,
        {
          provider: 'digitalocean',
          period: '2026-03',
          invoice_uuid: `bill-${index}`,
          invoice_number: null,
          revision: 1,
          part: 1,
          parts: 1,
          status,
          currency: 'USD',
          amount_net_minor: 1,
          amount_tax_minor: 0,
          amount_gross_minor: 1,
          fx: null,
          lines: [],
          ingested_at: at,
        },
        status === 'unreconciled' ? 'bill.unreconciled' : null,
      ] as const,
  ),
  ...(['failed', 'completed'] as const).map(
    (status, index) =>
      [
        provisioning.sagaChanged,
        {
          saga_id: id(8 + index),
          kind: 'echo',
          status,
          revision: 1,
          deployment_id: null,
          tenant_id: null,
          drift_id: null,
          current_index: 0,
          steps: [],
          error: null,
          changed_at: at,
        },
        status === 'failed' ? 'saga.failed' : null,
      ] as const,
  ),
  [
    provisioning.deploymentChanged,
    deploymentChangeOf({ deployment_id: id(4), tenant_id: 'acme', slug: 'app' }),
    'deployment.changed',
  ],
];

let stage: Stage;
let receiver: Receiver;
const all = notifications.notificationType.options;

beforeAll(async () => {
  stage = await openStage();
  receiver = await startReceiver();
});
afterAll(async () => {
  await stage?.[Symbol.asyncDispose]();
  await receiver?.[Symbol.asyncDispose]();
});

test('each event is notified of once: the operator of every type, a tenant of its own; an unreadable one stops nothing', async () => {
  await stage.get(notifications.createWebhookEndpoint, { url: receiver.url('/operator'), event_types: all }, operator);
  await stage.endpoint(receiver.url('/acme'), {
    event_types: all.filter((type) => !notifications.isOperatorNotification(type)),
  });
  await stage.endpoint(receiver.url('/globex'), { event_types: ['invoice.paid'], tenant_id: 'globex' });
  // Twice and in the reverse order, past the stream's own recognition of duplicates.
  const publish = async (round: string, list: typeof cases) => {
    for (const [index, [contract, data]] of list.entries()) {
      const subject = contract.subject(data);
      if (round === 'first')
        await publishRaw(stage.nats, {
          subject,
          payload: '{"not',
          headers: { 'ce-type': contract.type, 'ce-id': `${id(900 + index)}` },
        });
      await publishEvent(stage.nats, contract, data, {
        headers: { 'Nats-Msg-Id': `${round} ${index}` },
        occurredAt: stage.clock.now(),
      });
    }
  };
  await publish('first', cases);
  await publish('second', cases.toReversed());
  const expected = cases.flatMap(([, , type]) => (type === null ? [] : [type])).sort();
  await eventually(
    'the operator is notified of all',
    () => receiver.received.filter(({ path }) => path === '/operator').length >= expected.length,
  );
  await stage.running.settled();
  const typesAt = (path: string) =>
    receiver.received
      .filter((each) => each.path === path)
      .map(({ body }) => (JSON.parse(body) as { type: string }).type)
      .sort();
  expect(typesAt('/operator')).toEqual(expected);
  expect(typesAt('/acme')).toEqual(expected.filter((type) => !notifications.isOperatorNotification(type)));
  expect(typesAt('/globex')).toEqual([]);
  for (const { body } of receiver.received) {
    expect(body.length).toBeLessThan(20_000);
    expect(body).not.toMatch(/_hash|"lines"|"steps"/);
  }
});

test('one of the operator’s people who may not see costs reads every delivery but those that hold costs', async () => {
  const support = { subject: 'sam', tenant_id: null, roles: ['support' as const] };
  const { items: endpoints } = await stage.get(notifications.listWebhookEndpoints, {}, support);
  const hidden = new Set<string>();
  for (const { endpoint_id } of endpoints) {
    const { items } = await stage.get(notifications.listWebhookDeliveries, { endpoint_id, limit: 200 }, support);
    for (const { delivery_id, type } of items) {
      const shown = await stage.get(notifications.getWebhookDelivery, { delivery_id }, support);
      const whole = await stage.get(notifications.getWebhookDelivery, { delivery_id }, operator);
      if (shown.body === null) hidden.add(type);
      expect(shown).toEqual({ ...whole, body: shown.body === null ? null : whole.body });
      // The totals of the provider's bill, under whatever type they are notified of.
      const hasCosts = /amount_(net|gross)_minor/.test(whole.body ?? '');
      expect([type, shown.body === null]).toEqual([type, hasCosts]);
    }
  }
  expect([...hidden]).toEqual(['bill.unreconciled']);
});
