import type { invoicing } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { noteInvoiced, projectSubscriptions } from '../store/subscriptions/subscriptions.ts';

type Subscription = Received<typeof invoicing.subscriptionChanged>;
type Invoice = Received<typeof invoicing.invoiceIssued>;

/** Keeps included quantities and caps, and which tenants' months are invoiced: only their facts may ever be dropped. */
export async function consumeInvoicing(batch: (Subscription | Invoice)[], tx: Tx): Promise<void> {
  const subscriptions = batch.filter((event): event is Subscription => event.type === 'subscription.changed');
  const invoices = batch.filter((event): event is Invoice => event.type === 'invoice.issued');
  if (subscriptions.length > 0) {
    await projectSubscriptions(
      tx.sql,
      subscriptions.map(({ data }) => data),
    );
  }
  if (invoices.length > 0) {
    await noteInvoiced(
      tx.sql,
      invoices.map(({ data }) => data),
    );
  }
}
