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
import { addManualLine } from './add-manual-line.ts';
import { getProof, listInvoiceProofs, listProofs, startProof } from './ask-for-proof.ts';
import {
  attachAddon,
  cancelSubscription,
  changePlan,
  detachAddon,
  endTrial,
  pauseSubscription,
  resumeSubscription,
} from './change-subscription.ts';
import type { InvoicingConfig } from './config.ts';
import { creditInvoice, listCreditNotes } from './credit-invoice.ts';
import { downloadCsv, downloadPdf } from './download-invoice.ts';
import type { Context } from './know-deployment.ts';
import { listSubscriptions } from './list-subscriptions.ts';
import { createAlert, deleteAlert, listAlerts } from './manage-alerts.ts';
import { getBillingProfile, putBillingProfile } from './manage-billing-profiles.ts';
import { listAddons, listPrices, putAddon, putPrice } from './manage-catalog.ts';
import {
  createPlan,
  createPlanVersion,
  deletePlanVersion,
  listPlans,
  publishPlanVersion,
  putPlan,
  retirePlanVersion,
  updatePlanVersion,
} from './manage-plans.ts';
import { previewInvoice } from './preview-invoice.ts';
import { listReceivables } from './push-receivables.ts';
import { createQuote, getQuote } from './quote-plan.ts';
import { listInvoiceRuns, runInvoices } from './run-invoices.ts';
import { payInvoice, voidInvoice } from './settle-invoice.ts';
import { showLineEvidence } from './show-evidence.ts';
import { getInvoice, listInvoices } from './show-invoices.ts';
import { downloadMargin, getMargin } from './show-margin.ts';
import type { Schema } from './store/schema.ts';
import { subscribe } from './subscribe.ts';

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
