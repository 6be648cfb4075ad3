import type { invoicing } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from './context.ts';
import { upsertListPrices } from './store/list-prices.ts';

/** Stores the list prices that invoicing knows, observed at the provider or loaded by an operator: they value differences. */
export async function consumeListPrices(batch: Received<typeof invoicing.listPriceChanged>[], tx: Tx): Promise<void> {
  await upsertListPrices(
    tx.sql,
    batch.map(({ data }) => data),
  );
}
