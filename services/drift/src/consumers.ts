import { inventorySync, invoicing, provisioning } from '@arcadia/contracts';
import { consumeInventory } from './consume-inventory.ts';
import { consumeListPrices } from './consume-list-prices.ts';
import { consumeProvisioning } from './consume-provisioning.ts';
import { consumer } from './context.ts';

export const consumers = [
  consumer({
    name: 'inventory',
    consumes: [inventorySync.resourceObserved, inventorySync.inventorySwept, inventorySync.priceObserved],
    handle: consumeInventory,
  }),
  consumer({
    name: 'provisioning',
    consumes: [provisioning.resourceProvisioned, provisioning.sagaChanged],
    handle: consumeProvisioning,
  }),
  consumer({ name: 'list-prices', consumes: [invoicing.listPriceChanged], handle: consumeListPrices }),
];
