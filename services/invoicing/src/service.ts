import { invoicing } from '@arcadia/contracts';
import { defineService } from '@arcadia/platform';
import { answers } from './answers.ts';
import { config, type InvoicingConfig } from './config.ts';
import { consumeBilling } from './consume-billing.ts';
import { consumeDeployments } from './consume-deployments.ts';
import { consumeMetering } from './consume-metering.ts';
import { jobs } from './jobs.ts';
import { migrations } from './migrations/index.ts';
import { seedCatalog } from './seed-catalog.ts';
import type { Schema } from './store/schema.ts';

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
