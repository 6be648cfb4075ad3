import { type billingIngest, invoicing } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { enqueueRuns } from '../invoices/enqueue-runs.ts';
import { lockCosts } from '../store/costs/list-prices.ts';
import { amountRows, keepBillPart, settleBill } from '../store/costs/provider-bills.ts';
import { waitingRunsOfPeriods } from '../store/invoices/runs.ts';

type Ingested = Received<typeof billingIngest.invoiceIngested>;

/**
 * Keeps what the provider bills for each deployment, publishes the amounts of a bill that is reconciled or accepted, and starts the
 * invoice runs that may have waited for it. It is a consumer of its own, so that it reads the bills of before an upgrade too.
 */
export async function consumeProviderBills(batch: Ingested[], tx: Tx): Promise<void> {
  for (const event of batch) if (await keepBillPart(tx.sql, event.data)) await settle(tx, event);
}

const settle = async (tx: Tx, { data, id }: Ingested): Promise<void> => {
  const { period, invoice_uuid, invoice_number, revision, currency } = data;
  await lockCosts(tx.sql, 'change');
  const tenants = await settleBill(tx.sql, data);
  if (tenants !== null) {
    await tx.publish(invoicing.providerBillChanged, { period, invoice_uuid, invoice_number, revision, currency });
    await tx.publishFrom(invoicing.billedAmountsChanged, amountRows(data, tenants));
  }
  await enqueueRuns(tx, await waitingRunsOfPeriods(tx.sql, [period]), id);
  // In a transaction of its own: it changes rows that an invoice run holds while it waits for this lock.
  await tx.enqueue('note-changed-bill', { period }, { cause: id });
};
