import type { billingIngest } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { projectProviderInvoice } from '../store/margin/provider-costs.ts';

/** Keeps the costs that the provider charged, for the margin. */
export async function consumeProviderInvoices(
  batch: Received<typeof billingIngest.invoiceIngested>[],
  tx: Tx,
): Promise<void> {
  for (const { data } of batch) await projectProviderInvoice(tx.sql, data);
}
