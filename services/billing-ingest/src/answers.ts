import { billingIngest } from '@arcadia/contracts';
import {
  getAllocationRule,
  listAllocationRules,
  putAllocationRule,
  resolveSharedTenants,
} from './allocation/allocation-rules.ts';
import { getBalance } from './balance/get-balance.ts';
import { answer, answerStream } from './context.ts';
import { exportCostLines } from './cost-lines/export-cost-lines.ts';
import { exportFocusCosts, exportFocusCostsParquet } from './cost-lines/export-focus-costs.ts';
import { getMatchRate, listCostLines } from './cost-lines/read-cost-lines.ts';
import { listFxRates, putFxRates } from './fx-rates/fx-rates.ts';
import { acceptInvoice } from './invoices/accept-invoice.ts';
import { downloadInvoiceCsv, getInvoice, listInvoices } from './invoices/read-invoices.ts';
import { requestDiscovery, requestIngest, requestRematch } from './invoices/request-jobs.ts';
import { summarizeInvoices } from './invoices/summarize-invoices.ts';
import { getInvoicePreview } from './preview/get-preview.ts';
import { getReconciliation } from './reconciliation/reconcile-period.ts';

export const answers = [
  answer(billingIngest.getBalance, getBalance),
  answer(billingIngest.listProviderInvoices, listInvoices),
  answer(billingIngest.summarizeProviderInvoices, summarizeInvoices),
  answer(billingIngest.getProviderInvoice, getInvoice),
  answerStream(billingIngest.getInvoiceCsv, downloadInvoiceCsv),
  answer(billingIngest.discoverInvoices, requestDiscovery),
  answer(billingIngest.reingestInvoice, requestIngest),
  answer(billingIngest.rematchInvoice, requestRematch),
  answer(billingIngest.acceptInvoice, acceptInvoice),
  answer(billingIngest.getInvoicePreview, getInvoicePreview),
  answer(billingIngest.listCostLines, listCostLines),
  answerStream(billingIngest.exportCostLines, exportCostLines),
  answerStream(billingIngest.exportFocusCosts, exportFocusCosts),
  answerStream(billingIngest.exportFocusCostsParquet, exportFocusCostsParquet),
  answer(billingIngest.getMatchRate, getMatchRate),
  answer(billingIngest.listAllocationRules, listAllocationRules),
  answer(billingIngest.getAllocationRule, getAllocationRule),
  answer(billingIngest.putAllocationRule, { resolve: resolveSharedTenants, handle: putAllocationRule }),
  answer(billingIngest.listFxRates, listFxRates),
  answer(billingIngest.putFxRates, putFxRates),
  answer(billingIngest.getReconciliation, getReconciliation),
];
