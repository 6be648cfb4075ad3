import type { inventorySync } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { saveObserved } from '../store/resources/known-resources.ts';

/** Keeps the newest state of every resource that inventory-sync has observed, in whatever order the events arrive. */
export async function consumeResources(
  batch: Received<typeof inventorySync.resourceObserved>[],
  tx: Tx,
): Promise<void> {
  await saveObserved(
    tx.sql,
    batch.map(({ data }) => data),
  );
}
