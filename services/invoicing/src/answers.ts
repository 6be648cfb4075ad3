import { invoicing } from '@arcadia/contracts';
import { createAlert, deleteAlert, getAlert, listAlerts, resolveAlert } from './alerts/manage-alerts.ts';
import { getAddon, getPrices, listAddons, listPrices, putAddon, putPrice } from './catalog/manage-catalog.ts';
import { listListPrices, putListPrices, resolveListPrices } from './catalog/manage-list-prices.ts';
import {
  createPlan,
  createPlanVersion,
  deletePlanVersion,
  getPlan,
  getPlanVersion,
  listPlans,
  publishPlanVersion,
  putPlan,
  retirePlanVersion,
  updatePlanVersion,
} from './catalog/manage-plans.ts';
import { resolveItemKinds, resolveKind } from './catalog/resolve-kinds.ts';
import { answer, answerStream, answerUnmanaged } from './context.ts';
import { addManualLine, resolveManualLine } from './invoices/add-manual-line.ts';
import { creditInvoice } from './invoices/credit-invoice.ts';
import { downloadCsv, downloadPdf } from './invoices/download-invoice.ts';
import { exportFocusCharges, exportFocusChargesParquet } from './invoices/export-focus-charges.ts';
import { listInvoiceLines, listUnbilled } from './invoices/list-lines.ts';
import { listPreviewLines, listPreviewUnbilled } from './invoices/list-preview.ts';
import { previewInvoice } from './invoices/preview-invoice.ts';
import { listInvoiceRuns, runInvoices, summarizeInvoiceRuns } from './invoices/run-invoices.ts';
import { payInvoice, voidInvoice } from './invoices/settle-invoice.ts';
import {
  downloadCreditNote,
  getCreditNote,
  listCreditNoteLines,
  listCreditNotes,
  refundCreditNote,
} from './invoices/show-credit-notes.ts';
import { showLineEvidence } from './invoices/show-evidence.ts';
import { getInvoice, listInvoices } from './invoices/show-invoices.ts';
import { listResourceEarnings } from './margin/list-resource-earnings.ts';
import { listWithoutPayer } from './margin/list-without-payer.ts';
import { downloadMargin, getMargin } from './margin/show-margin.ts';
import {
  createPrepaidCredit,
  endPrepaidCredit,
  getPrepaidCredit,
  getPrepaidLedger,
  listPrepaidCredits,
} from './prepaid/manage-prepaid.ts';
import { getProof, listInvoiceProofs, listProofs, startProof } from './proofs/start-proof.ts';
import { createQuote, getQuote, resolveQuotedKinds } from './quotes/create-quote.ts';
import { downloadQuote } from './quotes/download-quote.ts';
import { listReceivables } from './receivables/push-receivables.ts';
import {
  attachAddon,
  cancelSubscription,
  changePlan,
  detachAddon,
  endTrial,
  pauseSubscription,
  resumeSubscription,
} from './subscriptions/change-subscription.ts';
import { getSubscription, listSubscriptions } from './subscriptions/list-subscriptions.ts';
import { subscribe } from './subscriptions/subscribe.ts';
import { createTenant } from './tenants/create-tenant.ts';
import { downloadStatement } from './tenants/download-statement.ts';
import { resolveDeployment } from './tenants/look-up-deployment.ts';
import { getBillingProfile, putBillingProfile } from './tenants/manage-billing-profiles.ts';
import { getReceivables, getStatement, getTenant, listTenants } from './tenants/show-tenants.ts';
import {
  createDiscountCode,
  endDiscountCode,
  getDiscountCode,
  listDiscountCodes,
} from './terms/manage-discount-codes.ts';
import {
  addCommitment,
  addDiscount,
  addPriceOverride,
  endTenantTerm,
  getTenantTerms,
  resolveTermKind,
} from './terms/manage-terms.ts';
import { redeemDiscountCode } from './terms/redeem-discount-code.ts';

export const answers = [
  answer(invoicing.listPlans, listPlans),
  answer(invoicing.getPlan, getPlan),
  answer(invoicing.getPlanVersion, getPlanVersion),
  answer(invoicing.createPlan, { resolve: resolveItemKinds, handle: createPlan }),
  answer(invoicing.putPlan, { resolve: resolveItemKinds, handle: putPlan }),
  answer(invoicing.createPlanVersion, { resolve: resolveItemKinds, handle: createPlanVersion }),
  answer(invoicing.updatePlanVersion, { resolve: resolveItemKinds, handle: updatePlanVersion }),
  answer(invoicing.publishPlanVersion, publishPlanVersion),
  answer(invoicing.retirePlanVersion, retirePlanVersion),
  answer(invoicing.deletePlanVersion, deletePlanVersion),
  answer(invoicing.listAddons, listAddons),
  answer(invoicing.getAddon, getAddon),
  answer(invoicing.putAddon, { resolve: resolveKind, handle: putAddon }),
  answer(invoicing.listPrices, listPrices),
  answer(invoicing.getPrices, getPrices),
  answer(invoicing.putPrice, { resolve: resolveKind, handle: putPrice }),
  answer(invoicing.listListPrices, listListPrices),
  answer(invoicing.putListPrices, { resolve: resolveListPrices, handle: putListPrices }),
  answer(invoicing.listTenants, listTenants),
  answer(invoicing.getTenant, getTenant),
  answer(invoicing.getStatement, getStatement),
  answerStream(invoicing.getStatementPdf, downloadStatement),
  answer(invoicing.getReceivables, getReceivables),
  answer(invoicing.createTenant, createTenant),
  answer(invoicing.getBillingProfile, getBillingProfile),
  answer(invoicing.putBillingProfile, putBillingProfile),
  answer(invoicing.getTenantTerms, getTenantTerms),
  answer(invoicing.addDiscount, { resolve: resolveTermKind, handle: addDiscount }),
  answer(invoicing.addPriceOverride, { resolve: resolveTermKind, handle: addPriceOverride }),
  answer(invoicing.addCommitment, addCommitment),
  answer(invoicing.endTenantTerm, endTenantTerm),
  answer(invoicing.listPrepaidCredits, listPrepaidCredits),
  answer(invoicing.getPrepaidCredit, getPrepaidCredit),
  answer(invoicing.createPrepaidCredit, createPrepaidCredit),
  answer(invoicing.endPrepaidCredit, endPrepaidCredit),
  answer(invoicing.getPrepaidLedger, getPrepaidLedger),
  answer(invoicing.createDiscountCode, { resolve: resolveTermKind, handle: createDiscountCode }),
  answer(invoicing.listDiscountCodes, listDiscountCodes),
  answer(invoicing.getDiscountCode, getDiscountCode),
  answer(invoicing.endDiscountCode, endDiscountCode),
  answer(invoicing.redeemDiscountCode, redeemDiscountCode),
  answer(invoicing.subscribe, { resolve: resolveDeployment, handle: subscribe }),
  answer(invoicing.changePlan, { resolve: resolveDeployment, handle: changePlan }),
  answer(invoicing.cancelSubscription, { resolve: resolveDeployment, handle: cancelSubscription }),
  answer(invoicing.pauseSubscription, { resolve: resolveDeployment, handle: pauseSubscription }),
  answer(invoicing.resumeSubscription, { resolve: resolveDeployment, handle: resumeSubscription }),
  answer(invoicing.endTrial, { resolve: resolveDeployment, handle: endTrial }),
  answer(invoicing.attachAddon, { resolve: resolveDeployment, handle: attachAddon }),
  answer(invoicing.detachAddon, { resolve: resolveDeployment, handle: detachAddon }),
  answer(invoicing.listSubscriptions, listSubscriptions),
  answer(invoicing.getSubscription, getSubscription),
  answer(invoicing.createQuote, { resolve: resolveQuotedKinds, handle: createQuote }),
  answer(invoicing.getQuote, getQuote),
  answerStream(invoicing.getQuotePdf, downloadQuote),
  answer(invoicing.listInvoices, listInvoices),
  answer(invoicing.getInvoice, getInvoice),
  answer(invoicing.listInvoiceLines, listInvoiceLines),
  answer(invoicing.listUnbilled, listUnbilled),
  answer(invoicing.previewInvoice, previewInvoice),
  answer(invoicing.listPreviewLines, listPreviewLines),
  answer(invoicing.listPreviewUnbilled, listPreviewUnbilled),
  answer(invoicing.voidInvoice, voidInvoice),
  answer(invoicing.payInvoice, payInvoice),
  answer(invoicing.creditInvoice, creditInvoice),
  answer(invoicing.listCreditNotes, listCreditNotes),
  answer(invoicing.listCreditNoteLines, listCreditNoteLines),
  answer(invoicing.getCreditNote, getCreditNote),
  answer(invoicing.refundCreditNote, refundCreditNote),
  answerStream(invoicing.getCreditNotePdf, downloadCreditNote),
  answer(invoicing.addManualLine, { resolve: resolveManualLine, handle: addManualLine }),
  answerUnmanaged(invoicing.runInvoices, runInvoices),
  answer(invoicing.listInvoiceRuns, listInvoiceRuns),
  answer(invoicing.summarizeInvoiceRuns, summarizeInvoiceRuns),
  answer(invoicing.listReceivables, listReceivables),
  answer(invoicing.getLineEvidence, showLineEvidence),
  answerStream(invoicing.getInvoicePdf, downloadPdf),
  answerStream(invoicing.getInvoiceCsv, downloadCsv),
  answerStream(invoicing.exportFocusCharges, exportFocusCharges),
  answerStream(invoicing.exportFocusChargesParquet, exportFocusChargesParquet),
  answer(invoicing.startProof, startProof),
  answer(invoicing.getProof, getProof),
  answer(invoicing.listProofs, listProofs),
  answer(invoicing.listInvoiceProofs, listInvoiceProofs),
  answer(invoicing.createAlert, { resolve: resolveAlert, handle: createAlert }),
  answer(invoicing.listAlerts, listAlerts),
  answer(invoicing.getAlert, getAlert),
  answer(invoicing.deleteAlert, deleteAlert),
  answer(invoicing.getMargin, getMargin),
  answer(invoicing.listWithoutPayer, listWithoutPayer),
  answer(invoicing.listResourceEarnings, listResourceEarnings),
  answerStream(invoicing.getMarginCsv, downloadMargin),
];
