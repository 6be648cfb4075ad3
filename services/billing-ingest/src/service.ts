import { billingIngest } from '@arcadia/contracts';
import { answer, answerStream, defineService } from '@arcadia/platform';
import { askToDiscover, askToReingest, askToRematch } from './ask-again.ts';
import { type Config, parseConfig } from './config.ts';
import { consumeDeployments } from './consume-deployments.ts';
import { consumeResources } from './consume-resources.ts';
import { consumeUsage } from './consume-usage.ts';
import { discoverInvoicesJob } from './discover-invoices.ts';
import { ingestInvoiceJob } from './ingest-invoice.ts';
import { migrations } from './migrations/index.ts';
import { pushCostsJob } from './push-costs.ts';
import { reconcilePeriod } from './reconcile-period.ts';
import { refreshPreviewJob, showPreview } from './refresh-preview.ts';
import { rematchInvoiceJob } from './rematch-invoice.ts';
import { listAllocationRules, setAllocationRule } from './set-allocation-rule.ts';
import { listFxRates, setFxRates } from './set-fx-rates.ts';
import { showBalance } from './show-balance.ts';
import { exportCostLines, listCostLines, showMatchRate } from './show-cost-lines.ts';
import { downloadInvoiceCsv, listInvoices, showInvoice } from './show-invoices.ts';
import { snapshotBalanceJob } from './snapshot-balance.ts';
import type { Database } from './store/schema.ts';

/** What the provider really charges: fetched, matched, shared out to the cent, and compared with what was metered. */
export const service = defineService<Database, Config>({
  name: 'billing-ingest',
  schema: 'billing',
  config: parseConfig,
  migrations,
  publishes: [billingIngest.invoiceIngested],
  consumes: [consumeResources, consumeUsage, consumeDeployments],
  answers: [
    answer(billingIngest.getBalance, showBalance),
    answer(billingIngest.listProviderInvoices, listInvoices),
    answer(billingIngest.getProviderInvoice, showInvoice),
    answerStream(billingIngest.getInvoiceCsv, downloadInvoiceCsv),
    answer(billingIngest.discoverInvoices, askToDiscover),
    answer(billingIngest.reingestInvoice, askToReingest),
    answer(billingIngest.rematchInvoice, askToRematch),
    answer(billingIngest.getInvoicePreview, showPreview),
    answer(billingIngest.listCostLines, listCostLines),
    answerStream(billingIngest.exportCostLines, exportCostLines),
    answer(billingIngest.getMatchRate, showMatchRate),
    answer(billingIngest.listAllocationRules, listAllocationRules),
    answer(billingIngest.putAllocationRule, setAllocationRule),
    answer(billingIngest.listFxRates, listFxRates),
    answer(billingIngest.putFxRates, setFxRates),
    answer(billingIngest.getReconciliation, reconcilePeriod),
  ],
  jobs: [snapshotBalanceJob, discoverInvoicesJob, ingestInvoiceJob, refreshPreviewJob, rematchInvoiceJob, pushCostsJob],
});
