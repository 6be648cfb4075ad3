import { z } from 'zod';
import { type Actor, hasRole, moneyReaders } from '../actor.ts';

/** What a tenant can be notified of, each type with its meaning. The operator is notified of all tenants' notifications. */
export const tenantNotifications = {
  'invoice.issued': 'An invoice was issued.',
  'invoice.paid': 'All that was due on an invoice was paid.',
  'invoice.overdue': 'The due day of an invoice has passed without payment.',
  'invoice.voided': 'An unpaid invoice was voided.',
  'credit_note.issued': 'A credit note was issued.',
  'alert.raised': 'The usage or cost of a deployment crossed the threshold of an alert.',
  'deployment.changed': 'A deployment was created or changed.',
  'webhook_endpoint.disabled': 'A webhook endpoint was disabled, because it is gone or failed for days.',
  'scheduled_export.failing': 'A scheduled export has failed for at least half an hour.',
} as const;

/** What the operator alone can be notified of. */
export const operatorNotifications = {
  'drift.opened': 'The actual state of a resource differs from its desired state.',
  'sweep.parked': 'A listing lacks so many resources that an operator must confirm it.',
  'bill.unreconciled': 'The totals of a provider invoice do not agree.',
  'saga.failed': 'A saga ended without undoing or completing its steps.',
} as const;

/** The type of a test event. There is no subscription to it: it goes to the endpoint that is tested. */
export const testNotification = 'webhook_endpoint.tested';

/** The type of a notification that can be subscribed to. */
export type NotificationType = keyof typeof tenantNotifications | keyof typeof operatorNotifications;

const namesOf = <Meanings extends Readonly<Record<string, string>>>(meanings: Meanings) =>
  Object.keys(meanings) as [keyof Meanings & string, ...(keyof Meanings & string)[]];

/** A type of notification to subscribe to. */
export const notificationType = z.enum([...namesOf(tenantNotifications), ...namesOf(operatorNotifications)]);

/** The types whose text holds the provider's costs, which not all of the operator's people may read. */
const costTypes: ReadonlySet<string> = new Set<NotificationType>(['bill.unreconciled']);

/** Whether an actor, who may see that there was a notification of this type, may also read its text. */
export const mayReadNotification = (actor: Actor, type: string): boolean =>
  !costTypes.has(type) || hasRole(actor, moneyReaders);

/** True for a type that only the operator can subscribe to. */
export const isOperatorNotification = (type: string): boolean => Object.hasOwn(operatorNotifications, type);
