import { billingIngest } from '@arcadia/contracts';
import { consumer } from '@arcadia/platform';
import type { InvoicingConfig } from '../config.ts';
import { projectProviderInvoice } from '../store/margin/provider-costs.ts';
import type { Schema } from '../store/schema.ts';

/** What the provider really charged, for the margin. */
export const consumeBilling = consumer<typeof billingIngest.invoiceIngested, Schema, InvoicingConfig>({
  name: 'billing',
  consumes: [billingIngest.invoiceIngested],
  // A message of a long invoice is large.
  batch: 10,
  async handle(batch, tx) {
    for (const { data } of batch) await projectProviderInvoice(tx.sql, data);
  },
});
