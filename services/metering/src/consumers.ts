import { inventorySync, invoicing, provisioning } from '@arcadia/contracts';
import { consumer } from './context.ts';
import { consumeDeployments } from './deployments/consume-deployments.ts';
import { consumeInventory } from './observations/consume-inventory.ts';
import { consumeInvoicing } from './subscriptions/consume-invoicing.ts';

export const consumers = [
  consumer({
    name: 'inventory',
    // One consumer for both: a sweep vouches for the observations published before it.
    consumes: [inventorySync.resourceObserved, inventorySync.inventorySwept],
    batch: 1000,
    // Whether a state can be metered depends on the message alone, so another attempt seldom helps.
    maxAttempts: 3,
    handle: consumeInventory,
  }),
  consumer({ name: 'deployments', consumes: [provisioning.deploymentChanged], handle: consumeDeployments }),
  consumer({
    name: 'invoicing',
    consumes: [invoicing.subscriptionChanged, invoicing.invoiceIssued],
    handle: consumeInvoicing,
  }),
];
