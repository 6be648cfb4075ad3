import type { inventorySync } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { saveSizePrices } from '../store/left-behind/list-prices.ts';

/** Keeps the list prices of sizes, to value what an offboarding leaves behind. */
export async function consumePrices(batch: Received<typeof inventorySync.priceObserved>[], tx: Tx): Promise<void> {
  await saveSizePrices(
    tx.sql,
    batch.map(({ data }) => data),
  );
}
