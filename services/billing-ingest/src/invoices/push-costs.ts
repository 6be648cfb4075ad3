import { contentHash } from '@arcadia/contracts';
import { type CostImport, importCost } from '@arcadia/finance';
import { failpoint, type JobRun } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { centsOf } from '../domain/amount.ts';
import { fxRateOf } from '../store/fx-rates/fx-rates.ts';
import { kindSums } from '../store/invoices/invoice-list.ts';
import { findInvoice, type InvoiceRow, writePushed } from '../store/invoices/invoices.ts';

/**
 * Imports the cost of an invoice into the finance system. An unreconciled invoice is held back until an operator accepts its
 * difference: an amount that does not add up must not be paid.
 */
export async function pushCosts(
  { input: { invoice_uuid }, cause, signal }: JobRun<{ invoice_uuid: string }>,
  ctx: Context,
): Promise<void> {
  const invoice = await findInvoice(ctx.db, invoice_uuid);
  if (invoice === undefined || (invoice.status !== 'reconciled' && invoice.status !== 'accepted')) return;
  const { finance } = ctx.config;
  if (finance === null) return logNotConfigured(ctx);
  const cost = await costOf(ctx, invoice);
  const hash = contentHash(cost);
  // A new matching of the same amounts does not concern finance; a new reading of the invoice is always imported again.
  if (hash === invoice.pushed_hash && !cause.startsWith('ingest:')) return;
  const financeId = await importCost(finance, cost, { service: ctx.name, signal });
  await failpoint('billing.finance-told');
  await writePushed(ctx.db, { invoiceUuid: invoice_uuid, financeId, hash, at: ctx.clock.now() });
}

async function costOf(ctx: Context, invoice: InvoiceRow): Promise<CostImport> {
  const sums = await kindSums(ctx.db, invoice.reading_id);
  return {
    source: invoice.provider,
    external_id: invoice.invoice_uuid,
    invoice_number: invoice.invoice_number,
    period: invoice.period,
    currency: invoice.currency,
    amount_net_minor: centsOf(invoice.amount_net_minor),
    amount_tax_minor: centsOf(invoice.amount_tax_minor),
    amount_gross_minor: centsOf(invoice.amount_gross_minor),
    fx: await fxRateOf(ctx.db, invoice, ctx.config),
    lines: sums.map(({ kind, lines, amount_minor }) => ({ kind, lines, amount_minor: centsOf(amount_minor) })),
  };
}

const logged = new WeakSet<object>();

/** Logs once per running service. */
function logNotConfigured(ctx: Context): void {
  if (logged.has(ctx.config)) return;
  logged.add(ctx.config);
  ctx.log.info('FINANCE_URL is not set: provider costs are not pushed to a finance system');
}
