import { drift, inventorySync, invoicing, metering } from '@arcadia/contracts';
import { consumeInvoices } from './billing-standing/consume-invoices.ts';
import { consumeSubscriptions, consumeUsage } from './caps/consume-caps.ts';
import { consumer } from './context.ts';
import { consumeDriftRequests } from './drift-requests/consume-drift-requests.ts';
import { consumeListPrices } from './left-behind/consume-list-prices.ts';
import { consumePrices } from './left-behind/consume-prices.ts';
import { consumeResources } from './resources/consume-resources.ts';
import { consumeTenants } from './tenants/consume-tenants.ts';

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
  consumer({ name: 'tenants', consumes: [invoicing.tenantCreated], handle: consumeTenants }),
  consumer({ name: 'subscriptions', consumes: [invoicing.subscriptionChanged], handle: consumeSubscriptions }),
  consumer({ name: 'prices', consumes: [inventorySync.priceObserved], handle: consumePrices }),
  consumer({ name: 'list-prices', consumes: [invoicing.listPriceChanged], handle: consumeListPrices }),
  consumer({ name: 'usage', consumes: [metering.usageAccrued], handle: consumeUsage }),
  consumer({
    name: 'drift-requests',
    consumes: [drift.driftAccepted, drift.driftRevertRequested],
    batch: 50,
    handle: consumeDriftRequests,
  }),
];
