import type { EventData, invoicing } from '@arcadia/contracts';
import { dayOf } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { CommandContext, Tx } from '../context.ts';
import type { NotifiedEvent } from '../domain/notification-of-event.ts';
import { keepIssued, keepSettled } from '../store/invoice-dues.ts';
import { keepProfiles } from '../store/mail-profiles.ts';
import { consumeEvents } from './consume-events.ts';

type Consumed = NotifiedEvent | typeof invoicing.billingProfileChanged;

const dataOf = <Contract extends Consumed>(batch: readonly Received<Consumed>[], type: Contract['type']) =>
  batch.filter((event) => event.type === type).map(({ data }) => data as EventData<Contract>);

/** Keeps the recipients of tenants and when invoices are due, then notifies of the events. */
export async function consumeInvoicing(batch: Received<Consumed>[], tx: Tx, ctx: CommandContext): Promise<void> {
  await keepProfiles(
    tx.sql,
    dataOf<typeof invoicing.billingProfileChanged>(batch, 'billing-profile.changed').map((profile) => ({
      ...{ tenant_id: profile.tenant_id, revision: profile.revision, name: profile.name, currency: profile.currency },
      ...{ language: profile.language, recipients: profile.email_recipients },
    })),
  );
  const issued = dataOf<typeof invoicing.invoiceIssued>(batch, 'invoice.issued');
  await keepIssued(
    tx.sql,
    issued.map(({ invoice_id, tenant_id, issued_at, due_on, number, period, currency, total_cents }) => ({
      ...{ invoice_id, tenant_id, issued_on: dayOf(Temporal.Instant.from(issued_at)), due_on },
      reference: { invoice_id, number, period, currency, total_cents },
    })),
  );
  await keepSettled(tx.sql, [
    ...dataOf<typeof invoicing.invoicePaid>(batch, 'invoice.paid'),
    ...dataOf<typeof invoicing.invoiceVoided>(batch, 'invoice.voided'),
  ]);
  const notified = batch.filter((event): event is Received<NotifiedEvent> => event.type !== 'billing-profile.changed');
  await consumeEvents(notified, tx, ctx);
}
