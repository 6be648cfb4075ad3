import { billingIngest, inventorySync, metering, provisioning } from '@arcadia/contracts';
import { consumer } from './context.ts';
import { consumeProviderBills } from './costs/consume-provider-bills.ts';
import { consumeProviderPrices } from './costs/consume-provider-prices.ts';
import { consumeProviderInvoices } from './margin/consume-provider-invoices.ts';
import { consumeDeployments } from './subscriptions/consume-deployments.ts';
import { consumeFoundTenants } from './tenants/consume-found-tenants.ts';
import { consumeUsage } from './usage/consume-usage.ts';

export const consumers = [
  consumer({
    name: 'deployments',
    consumes: [provisioning.deploymentChanged],
    // Each event once: a pause that was ended by hand must not begin again when its event is delivered again.
    dedupe: 'inbox',
    handle: consumeDeployments,
  }),
  // Facts and closes in one consumer, since one stream delivers a close after the facts it counts.
  consumer({ name: 'metering', consumes: [metering.usageAccrued, metering.periodClosed], handle: consumeUsage }),
  // Small batches: one message of a long provider invoice is large.
  consumer({
    name: 'billing',
    consumes: [billingIngest.invoiceIngested, billingIngest.exchangeRatePinned],
    batch: 10,
    handle: consumeProviderInvoices,
  }),
  consumer({ name: 'found-tenants', consumes: [inventorySync.tenantFound], handle: consumeFoundTenants }),
  consumer({
    name: 'provider-bills',
    consumes: [billingIngest.invoiceIngested],
    batch: 10,
    handle: consumeProviderBills,
  }),
  consumer({ name: 'provider-prices', consumes: [inventorySync.priceObserved], handle: consumeProviderPrices }),
];
