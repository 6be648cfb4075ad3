import { billingIngest, drift, inventorySync, invoicing, provisioning } from '@arcadia/contracts';
import { consumer } from './context.ts';
import { consumeEvents } from './notifications/consume-events.ts';
import { consumeInvoicing } from './notifications/consume-invoicing.ts';

/** Each event that somebody may be notified of. The handler is idempotent: the id of a notification follows from its event. */
export const consumers = [
  consumer({
    name: 'invoicing',
    consumes: [
      invoicing.invoiceIssued,
      invoicing.invoicePaid,
      invoicing.invoiceOverdue,
      invoicing.invoiceVoided,
      invoicing.creditNoteIssued,
      invoicing.alertCrossed,
      invoicing.billingProfileChanged,
    ],
    dedupe: 'none',
    handle: consumeInvoicing,
  }),
  consumer({
    name: 'provisioning',
    consumes: [provisioning.deploymentChanged, provisioning.sagaChanged],
    dedupe: 'none',
    handle: consumeEvents,
  }),
  consumer({ name: 'drift', consumes: [drift.driftDetected], dedupe: 'none', handle: consumeEvents }),
  consumer({ name: 'inventory', consumes: [inventorySync.sweepParked], dedupe: 'none', handle: consumeEvents }),
  consumer({ name: 'billing', consumes: [billingIngest.invoiceIngested], dedupe: 'none', handle: consumeEvents }),
];
