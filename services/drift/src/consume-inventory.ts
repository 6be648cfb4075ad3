import type { EventData, inventorySync } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import { compare } from './compare.ts';
import type { CommandContext, Tx } from './context.ts';
import { lockComparing } from './store/comparison.ts';
import {
  insertImageSlugs,
  insertSizeShapes,
  upsertLive,
  upsertPrices,
  upsertSweeps,
} from './store/upsert-inventory.ts';

type InventoryEvent =
  | typeof inventorySync.resourceObserved
  | typeof inventorySync.inventorySwept
  | typeof inventorySync.priceObserved;

/** Stores what inventory-sync has observed, and compares the observed resources at once. */
export async function consumeInventory(batch: Received<InventoryEvent>[], tx: Tx, ctx: CommandContext): Promise<void> {
  const observed: EventData<typeof inventorySync.resourceObserved>[] = [];
  const swept: EventData<typeof inventorySync.inventorySwept>[] = [];
  const prices: EventData<typeof inventorySync.priceObserved>[] = [];
  for (const event of batch) {
    if (event.type === 'resource.observed') observed.push(event.data);
    else if (event.type === 'inventory.swept') swept.push(event.data);
    else prices.push(event.data);
  }
  await lockComparing(tx.sql);
  await upsertPrices(tx.sql, prices);
  await upsertSweeps(tx.sql, swept);
  await upsertLive(tx.sql, observed);
  await insertImageSlugs(tx.sql, observed);
  await insertSizeShapes(tx.sql, observed);
  const scope = [...new Set(observed.map(({ resource_id }) => resource_id))];
  await compare(tx, { scope, now: ctx.clock.now(), isSweep: false });
}
