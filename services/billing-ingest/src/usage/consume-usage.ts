import type { metering } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Tx } from '../context.ts';
import { enqueueForInvoices } from '../invoices/enqueue-for-invoices.ts';
import { rulesFor } from '../store/allocation/allocation-rules.ts';
import { ingestedInvoices } from '../store/invoices/invoices.ts';
import { upsertFacts } from '../store/usage/metered-usage.ts';

/** Stores metered usage, which invoices are compared with and which weights the allocation rules of method `usage`. */
export async function consumeUsage(batch: Received<typeof metering.usageAccrued>[], tx: Tx): Promise<void> {
  const periods = await upsertFacts(
    tx.sql,
    batch.map(({ data }) => data),
  );
  for (const period of periods) {
    const rules = await rulesFor(tx.sql, period);
    if (![...rules.values()].some(({ method }) => method === 'usage')) continue;
    await enqueueForInvoices(tx, 'rematch', {
      invoiceUuids: await ingestedInvoices(tx.sql, { from: period, to: period }),
    });
  }
}
