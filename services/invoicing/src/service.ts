import { invoicing } from '@arcadia/contracts';
import { defineService } from '@arcadia/platform';
import { answers } from './answers.ts';
import { seedCatalog } from './catalog/seed-catalog.ts';
import { config, type InvoicingConfig } from './config.ts';
import { jobs } from './jobs.ts';
import { consumeBilling } from './margin/consume-billing.ts';
import { migrations } from './migrations/index.ts';
import type { Schema } from './store/schema.ts';
import { consumeDeployments } from './subscriptions/consume-deployments.ts';
import { consumeMetering } from './usage/consume-metering.ts';

/** Knows prices: what is on offer, who agreed to what, and what each month of it costs. */
export const service = defineService<Schema, InvoicingConfig>({
  name: 'invoicing',
  schema: 'invoicing',
  config,
  migrations,
  publishes: [
    invoicing.subscriptionChanged,
    invoicing.invoiceIssued,
    invoicing.invoiceVoided,
    invoicing.invoicePaid,
    invoicing.invoiceOverdue,
    invoicing.creditNoteIssued,
    invoicing.alertCrossed,
  ],
  consumes: [consumeDeployments, consumeMetering, consumeBilling],
  answers,
  jobs,
  async start(ctx) {
    await ctx.transact((tx) => seedCatalog(tx, ctx.clock.now()));
  },
});
