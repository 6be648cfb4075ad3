import { drift, inventorySync, invoicing } from '@arcadia/contracts';
import { consumeInvoices } from './billing-standing/consume-invoices.ts';
import { consumer } from './context.ts';
import { consumeDriftRequests } from './drift-requests/consume-drift-requests.ts';
import { consumeResources } from './resources/consume-resources.ts';

export const consumers = [
  consumer({
    name: 'resources',
    consumes: [inventorySync.resourceObserved],
    handle: consumeResources,
  }),
  consumer({
    name: 'invoices',
    consumes: [invoicing.invoiceOverdue, invoicing.invoicePaid, invoicing.invoiceVoided],
    handle: consumeInvoices,
  }),
  consumer({
    name: 'drift-requests',
    consumes: [drift.driftAccepted, drift.driftRevertRequested],
    batch: 50,
    handle: consumeDriftRequests,
  }),
];
