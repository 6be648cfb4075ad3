import type { invoicing } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { saveBillingKindPrices } from '../store/left-behind/list-prices.ts';

/** Keeps the list prices that invoicing knows, observed at the provider or loaded by an operator: they value what an offboarding leaves behind. */
export async function consumeListPrices(batch: Received<typeof invoicing.listPriceChanged>[], tx: Tx): Promise<void> {
  await saveBillingKindPrices(
    tx.sql,
    batch.map(({ data }) => data),
  );
}
