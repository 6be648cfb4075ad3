import { metering } from '@arcadia/contracts';
import { consumer } from '@arcadia/platform';
import type { Config } from './config.ts';
import { rematchInvoiceJob } from './rematch-invoice.ts';
import { rulesFor } from './store/allocation-rules.ts';
import { ingestedInvoices } from './store/invoices.ts';
import { keepFacts } from './store/metered-usage.ts';
import type { Database } from './store/schema.ts';

/** Keeps what was metered, to compare it with what was billed and to share by it what no resource caused. */
export const consumeUsage = consumer<typeof metering.usageAccrued, Database, Config>({
  name: 'usage',
  consumes: [metering.usageAccrued],
  handle: async (batch, tx) => {
    const periods = await keepFacts(
      tx.sql,
      batch.map(({ data }) => data),
    );
    for (const period of periods) {
      const rules = await rulesFor(tx.sql, period);
      if (![...rules.values()].some(({ method }) => method === 'usage')) continue;
      for (const invoice_uuid of await ingestedInvoices(tx.sql, { from: period, to: period })) {
        await tx.enqueue(rematchInvoiceJob, { invoice_uuid }, { cause: `usage:${batch.at(-1)?.id ?? ''}` });
      }
    }
  },
});
