import { invoicing } from '@arcadia/contracts';
import { consumer, type Received } from '@arcadia/platform';
import type { MeteringConfig } from './config.ts';
import type { MeteringTables } from './store/schema.ts';
import { noteInvoiced, projectSubscriptions } from './store/subscriptions.ts';

const { subscriptionChanged, invoiceIssued } = invoicing;

/** Included quantities and caps; and which tenants' months are invoiced, because only then may their facts ever be dropped. */
export const consumeInvoicing = consumer<
  typeof subscriptionChanged | typeof invoiceIssued,
  MeteringTables,
  MeteringConfig
>({
  name: 'invoicing',
  consumes: [subscriptionChanged, invoiceIssued],
  async handle(batch, tx) {
    const subscriptions = batch.filter(
      (heard): heard is Received<typeof subscriptionChanged> => heard.type === 'subscription.changed',
    );
    const invoices = batch.filter((heard): heard is Received<typeof invoiceIssued> => heard.type === 'invoice.issued');
    if (subscriptions.length > 0)
      await projectSubscriptions(
        tx.sql,
        subscriptions.map(({ data }) => data),
      );
    if (invoices.length > 0)
      await noteInvoiced(
        tx.sql,
        invoices.map(({ data }) => data),
      );
  },
});
