import type { billingIngest, drift, inventorySync, invoicing, provisioning } from '@arcadia/contracts';
import { type Notification, notificationOf } from './notification.ts';

type Data = Readonly<Record<string, unknown>>;

/** The events that somebody may be notified of. */
export type NotifiedEvent =
  | typeof invoicing.invoiceIssued
  | typeof invoicing.invoicePaid
  | typeof invoicing.invoiceOverdue
  | typeof invoicing.invoiceVoided
  | typeof invoicing.creditNoteIssued
  | typeof invoicing.alertCrossed
  | typeof provisioning.deploymentChanged
  | typeof provisioning.sagaChanged
  | typeof drift.driftDetected
  | typeof inventorySync.sweepParked
  | typeof billingIngest.invoiceIngested;

/** An event as it is received, without what its notification does not need. */
export type GivenEvent = { type: string; id: string; occurredAt: string; data: Data };

const without = (data: Data, ...names: string[]): Data =>
  Object.fromEntries(Object.entries(data).filter(([name]) => !names.includes(name)));

const lengthOf = (list: unknown): number => (Array.isArray(list) ? list.length : 0);

/** How each event is notified of; null where this one is not. What grows with a customer, such as lines, is counted or left out. */
const rules: Readonly<Record<string, (data: Data, id: string) => { type: string; key: string; data: Data } | null>> = {
  'invoice.issued': (data, id) => ({
    type: 'invoice.issued',
    key: id,
    data: {
      ...without(
        data,
        'lines',
        'prepaid',
        'input_hash',
        'output_hash',
        'facts_hash',
        'rating_version',
        'close_revision',
      ),
      line_count: lengthOf(data['lines']),
    },
  }),
  'invoice.paid': (data, id) => ({ type: 'invoice.paid', key: id, data: without(data, 'deployment_ids') }),
  'invoice.overdue': (data, id) => ({ type: 'invoice.overdue', key: id, data: without(data, 'deployment_ids') }),
  'invoice.voided': (data, id) => ({ type: 'invoice.voided', key: id, data: without(data, 'deployment_ids') }),
  'credit-note.issued': (data, id) => ({
    type: 'credit_note.issued',
    key: id,
    data: { ...without(data, 'lines'), line_count: lengthOf(data['lines']) },
  }),
  'alert.crossed': (data, id) => ({ type: 'alert.raised', key: id, data }),
  'deployment.changed': (data, id) => ({
    type: 'deployment.changed',
    key: id,
    data: without(data, 'project_bindings', 'tag_bindings'),
  }),
  'saga.changed': (data, id) =>
    data['status'] === 'failed' ? { type: 'saga.failed', key: id, data: without(data, 'steps') } : null,
  // A drift that changes while it is open is published again.
  'drift.detected': (data) => ({ type: 'drift.opened', key: String(data['drift_id']), data }),
  'sweep.parked': (data, id) => ({ type: 'sweep.parked', key: id, data }),
  // A revision is published in several messages, each with the head.
  'invoice.ingested': (data) =>
    data['status'] === 'unreconciled' && data['part'] === 1
      ? {
          type: 'bill.unreconciled',
          key: `${data['invoice_uuid']}:${data['revision']}`,
          data: without(data, 'lines', 'part', 'parts'),
        }
      : null,
};

/** The notification of an event; null if it leads to none. */
export function notificationOfEvent({ type, id, occurredAt, data }: GivenEvent): Notification | null {
  const made = rules[type]?.(data, id) ?? null;
  if (made === null) return null;
  const tenant = data['tenant_id'];
  return notificationOf(made.type, {
    key: made.key,
    tenantId: typeof tenant === 'string' ? tenant : null,
    occurredAt,
    data: made.data,
  });
}
