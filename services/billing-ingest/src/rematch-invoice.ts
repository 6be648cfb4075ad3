import { job } from '@arcadia/platform';
import { z } from 'zod';
import type { Config } from './config.ts';
import { pushCostsJob } from './push-costs.ts';
import { refreshOperatorProjects } from './refresh-operator-projects.ts';
import { settleInvoice } from './settle-invoice.ts';
import { lockInvoice } from './store/invoices.ts';
import type { Database } from './store/schema.ts';

const input = z.object({ invoice_uuid: z.string() });

/** Matches and allocates what is stored once more, because inventory, a rule or a rate has changed. */
export const rematchInvoiceJob = job<typeof input, Database, Config>({
  name: 'rematch',
  queue: 'billing-matching',
  concurrency: 2,
  input,
  key: ({ invoice_uuid }) => invoice_uuid,
  run: async ({ input: { invoice_uuid } }, ctx) => {
    await refreshOperatorProjects(ctx);
    await ctx.transact(async (tx) => {
      const invoice = await lockInvoice(tx.sql, invoice_uuid);
      if (invoice === undefined || invoice.ingest_count === 0) return;
      const outcome = await settleInvoice(tx, invoice, ctx.clock.now());
      if (outcome === 'said')
        await tx.enqueue(pushCostsJob, { invoice_uuid }, { cause: `revision:${invoice.revision + 1}` });
    });
  },
});
