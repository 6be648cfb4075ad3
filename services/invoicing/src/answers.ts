import { invoicing, type RequestContract } from '@arcadia/contracts';
import {
  type Answer,
  answer,
  answerStream,
  answerUnmanaged,
  type CommandRequest,
  type ReadRequest,
  type Reply,
  type Tx,
} from '@arcadia/platform';
import { createAlert, deleteAlert, listAlerts } from './alerts/manage-alerts.ts';
import { listAddons, listPrices, putAddon, putPrice } from './catalog/manage-catalog.ts';
import {
  createPlan,
  createPlanVersion,
  deletePlanVersion,
  listPlans,
  publishPlanVersion,
  putPlan,
  retirePlanVersion,
  updatePlanVersion,
} from './catalog/manage-plans.ts';
import type { InvoicingConfig } from './config.ts';
import { addManualLine } from './invoices/add-manual-line.ts';
import { creditInvoice, listCreditNotes } from './invoices/credit-invoice.ts';
import { downloadCsv, downloadPdf } from './invoices/download-invoice.ts';
import { previewInvoice } from './invoices/preview-invoice.ts';
import { listInvoiceRuns, runInvoices } from './invoices/run-invoices.ts';
import { payInvoice, voidInvoice } from './invoices/settle-invoice.ts';
import { showLineEvidence } from './invoices/show-evidence.ts';
import { getInvoice, listInvoices } from './invoices/show-invoices.ts';
import { downloadMargin, getMargin } from './margin/show-margin.ts';
import { getProof, listInvoiceProofs, listProofs, startProof } from './proofs/start-proof.ts';
import { createQuote, getQuote } from './quotes/create-quote.ts';
import { listReceivables } from './receivables/push-receivables.ts';
import type { Schema } from './store/schema.ts';
import {
  attachAddon,
  cancelSubscription,
  changePlan,
  detachAddon,
  endTrial,
  pauseSubscription,
  resumeSubscription,
} from './subscriptions/change-subscription.ts';
import { listSubscriptions } from './subscriptions/list-subscriptions.ts';
import { subscribe } from './subscriptions/subscribe.ts';
import type { Context } from './tenants/look-up-deployment.ts';
import { getBillingProfile, putBillingProfile } from './tenants/manage-billing-profiles.ts';

type Own = Answer<Schema, InvoicingConfig>;

const command = <Contract extends RequestContract>(
  contract: Contract,
  run: (tx: Tx<Schema>, ctx: Context, asked: CommandRequest<Contract, Schema>) => Reply<Contract>,
): Own => answer<Contract, Schema, InvoicingConfig>(contract, (asked, ctx) => run(asked.tx, ctx, asked));

const read = <Contract extends RequestContract>(
  contract: Contract,
  run: (ctx: Context, asked: ReadRequest<Contract>) => Reply<Contract>,
): Own =>
  answer<Contract, Schema, InvoicingConfig>(contract, (asked: ReadRequest<Contract>, ctx: Context) => run(ctx, asked));

export const answers: Own[] = [
  read(invoicing.listPlans, listPlans),
  command(invoicing.createPlan, createPlan),
  command(invoicing.putPlan, putPlan),
  command(invoicing.createPlanVersion, createPlanVersion),
  command(invoicing.updatePlanVersion, updatePlanVersion),
  command(invoicing.publishPlanVersion, publishPlanVersion),
  command(invoicing.retirePlanVersion, retirePlanVersion),
  command(invoicing.deletePlanVersion, deletePlanVersion),
  read(invoicing.listAddons, listAddons),
  command(invoicing.putAddon, putAddon),
  read(invoicing.listPrices, listPrices),
  command(invoicing.putPrice, putPrice),
  read(invoicing.getBillingProfile, getBillingProfile),
  command(invoicing.putBillingProfile, putBillingProfile),

  command(invoicing.subscribe, subscribe),
  command(invoicing.changePlan, changePlan),
  command(invoicing.cancelSubscription, cancelSubscription),
  command(invoicing.pauseSubscription, pauseSubscription),
  command(invoicing.resumeSubscription, resumeSubscription),
  command(invoicing.endTrial, endTrial),
  command(invoicing.attachAddon, attachAddon),
  command(invoicing.detachAddon, detachAddon),
  read(invoicing.listSubscriptions, listSubscriptions),
  command(invoicing.createQuote, createQuote),
  read(invoicing.getQuote, getQuote),

  read(invoicing.listInvoices, listInvoices),
  read(invoicing.getInvoice, getInvoice),
  read(invoicing.previewInvoice, previewInvoice),
  command(invoicing.voidInvoice, voidInvoice),
  command(invoicing.payInvoice, payInvoice),
  command(invoicing.creditInvoice, creditInvoice),
  read(invoicing.listCreditNotes, listCreditNotes),
  command(invoicing.addManualLine, addManualLine),
  answerUnmanaged<typeof invoicing.runInvoices, Schema, InvoicingConfig>(invoicing.runInvoices, (asked, ctx) =>
    runInvoices(ctx, asked),
  ),
  read(invoicing.listInvoiceRuns, listInvoiceRuns),
  read(invoicing.listReceivables, listReceivables),
  read(invoicing.getLineEvidence, showLineEvidence),
  answerStream<typeof invoicing.getInvoicePdf, Schema, InvoicingConfig>(invoicing.getInvoicePdf, (asked, ctx) =>
    downloadPdf(ctx, asked),
  ),
  answerStream<typeof invoicing.getInvoiceCsv, Schema, InvoicingConfig>(invoicing.getInvoiceCsv, (asked, ctx) =>
    downloadCsv(ctx, asked),
  ),

  command(invoicing.startProof, startProof),
  read(invoicing.getProof, getProof),
  read(invoicing.listProofs, listProofs),
  read(invoicing.listInvoiceProofs, listInvoiceProofs),

  command(invoicing.createAlert, createAlert),
  read(invoicing.listAlerts, listAlerts),
  command(invoicing.deleteAlert, deleteAlert),
  read(invoicing.getMargin, getMargin),
  answerStream<typeof invoicing.getMarginCsv, Schema, InvoicingConfig>(invoicing.getMarginCsv, (asked, ctx) =>
    downloadMargin(ctx, asked),
  ),
];
