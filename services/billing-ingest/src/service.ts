import { billingIngest } from '@arcadia/contracts';
import { defineService } from '@arcadia/platform';
import { parseConfig } from './config.ts';
import { discoverInvoicesJob } from './discover-invoices.ts';
import { hearResources } from './hear-resources.ts';
import { hearUsage } from './hear-usage.ts';
import { ingestInvoiceJob } from './ingest-invoice.ts';
import { migrations } from './migrations/index.ts';
import { pushCostsJob } from './push-costs.ts';
import { rematchInvoiceJob } from './rematch-invoice.ts';
import { snapshotBalanceJob } from './snapshot-balance.ts';

/** What the provider really charges: fetched, matched, shared out to the cent, and compared with what was metered. */
export const service = defineService({
  name: 'billing-ingest',
  schema: 'billing',
  config: parseConfig,
  migrations,
  says: [billingIngest.invoiceIngested],
  hears: [hearResources, hearUsage],
  answers: [],
  jobs: [snapshotBalanceJob, discoverInvoicesJob, ingestInvoiceJob, rematchInvoiceJob, pushCostsJob],
});
