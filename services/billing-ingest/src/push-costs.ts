import { contentHash } from '@arcadia/contracts';
import { failpoint, job } from '@arcadia/platform';
import { sql } from 'kysely';
import { z } from 'zod';
import { type CostImport, importCost } from './clients/finance.ts';
import type { Config } from './config.ts';
import type { BillingContext } from './context.ts';
import { fxRateOf } from './store/fx-rates.ts';
import { findInvoice, type InvoiceRow } from './store/invoices.ts';
import type { Database } from './store/schema.ts';

const input = z.object({ invoice_uuid: z.string() });

/** Tells the finance system what an invoice comes to. An unreconciled one is held: nobody should pay a sum that does not add up. */
export const pushCostsJob = job<typeof input, Database, Config>({
  name: 'push-costs',
  queue: 'billing-finance',
  concurrency: 1,
  maxAttempts: 40,
  retryDelayMs: (attempt) => Math.min(500 * 2 ** Math.min(attempt, 12), 600_000),
  input,
  key: ({ invoice_uuid }) => invoice_uuid,
  run: async ({ input: { invoice_uuid }, cause, signal }, ctx) => {
    const invoice = await findInvoice(ctx.db, invoice_uuid);
    if (invoice === undefined || invoice.status !== 'reconciled') return;
    const { finance } = ctx.config;
    if (finance === null) return publishNotConfigured(ctx);
    const cost = await costOf(ctx, invoice);
    const hash = contentHash(cost);
    // A new matching of the same money is nothing to finance; a new reading of the invoice is told again.
    if (hash === invoice.pushed_hash && !cause.startsWith('ingest:')) return;
    const { id } = await importCost(finance, cost, signal);
    await failpoint('billing.finance-told');
    await sql`
      UPDATE cloud_invoices SET finance_invoice_id = ${id}, pushed_to_finance_at = ${ctx.clock.now().toString()}, pushed_hash = ${hash}
      WHERE invoice_uuid = ${invoice_uuid}`.execute(ctx.db);
  },
});

const costOf = async (ctx: BillingContext, invoice: InvoiceRow): Promise<CostImport> => {
  const { rows } = await sql<{ kind: string; lines: number; amount_minor: string }>`
    SELECT kind, count(*)::int AS lines, sum(amount_minor) AS amount_minor FROM cloud_cost_lines
    WHERE reading_id = ${invoice.reading_id} GROUP BY kind ORDER BY kind`.execute(ctx.db);
  return {
    source: invoice.provider,
    external_id: invoice.invoice_uuid,
    invoice_number: invoice.invoice_number,
    period: invoice.period,
    currency: invoice.currency,
    amount_net_minor: Number(invoice.amount_net_minor),
    amount_tax_minor: Number(invoice.amount_tax_minor),
    amount_gross_minor: Number(invoice.amount_gross_minor),
    fx: await fxRateOf(ctx.db, invoice),
    lines: rows.map(({ kind, lines, amount_minor }) => ({ kind, lines, amount_minor: Number(amount_minor) })),
  };
};

const told = new WeakSet<object>();

/** Once in the log of a running service is enough. */
const publishNotConfigured = (ctx: BillingContext): void => {
  if (told.has(ctx.config)) return;
  told.add(ctx.config);
  ctx.log.info('FINANCE_URL is not set: provider costs are not pushed to a finance system');
};
