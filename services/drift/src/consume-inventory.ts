import type { EventData, inventorySync } from '@arcadia/contracts';
import type { Received, ServiceContext, Tx } from '@arcadia/platform';
import { compare } from './compare.ts';
import { lockComparing } from './store/comparison.ts';
import { keepLive } from './store/keep-live.ts';
import { keepPrices, keepSweeps } from './store/keep-sweeps-and-prices.ts';
import type { Schema } from './store/schema.ts';

type Told =
  | typeof inventorySync.resourceObserved
  | typeof inventorySync.inventorySwept
  | typeof inventorySync.priceObserved;

/** What inventory has seen; each resource of it is compared at once. */
export async function consumeInventory(
  batch: Received<Told>[],
  tx: Tx<Schema>,
  ctx: ServiceContext<Schema, unknown>,
): Promise<void> {
  const observed: EventData<typeof inventorySync.resourceObserved>[] = [];
  const swept: EventData<typeof inventorySync.inventorySwept>[] = [];
  const prices: EventData<typeof inventorySync.priceObserved>[] = [];
  for (const heard of batch) {
    if (heard.type === 'resource.observed') observed.push(heard.data);
    else if (heard.type === 'inventory.swept') swept.push(heard.data);
    else prices.push(heard.data);
  }
  await lockComparing(tx.sql);
  await keepPrices(tx.sql, prices);
  await keepSweeps(tx.sql, swept);
  if (observed.length === 0) return;
  await keepLive(tx.sql, observed);
  const scope = [...new Set(observed.map(({ resource_id }) => resource_id))];
  await compare(tx, { scope, now: ctx.clock.now(), isSweep: false });
}
