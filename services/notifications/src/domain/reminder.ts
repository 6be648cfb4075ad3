import { type Notification, notificationOf } from './notification.ts';

/** A reminder of an invoice that is due. `day` is its day in the schedule, counted from the due day; `today` and `due_on` are UTC days. */
export function reminderOf(
  {
    invoice_id,
    tenant_id,
    due_on,
    day,
    reference,
  }: {
    invoice_id: string;
    tenant_id: string;
    due_on: string;
    day: number;
    reference: Readonly<Record<string, unknown>>;
  },
  { today, now }: { today: string; now: Temporal.Instant },
): Notification {
  const days_until_due = Temporal.PlainDate.from(today).until(due_on, { largestUnit: 'day' }).days;
  return notificationOf('invoice.reminder', {
    key: `${invoice_id}:${day}`,
    tenantId: tenant_id,
    occurredAt: now.toString(),
    data: { ...reference, invoice_id, tenant_id, due_on, days_until_due },
  });
}
