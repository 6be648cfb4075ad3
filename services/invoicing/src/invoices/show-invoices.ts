import { dayOf, invoicing, isRefusal, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { creditedOn, pageOfInvoices } from '../store/invoices/invoice-lists.ts';
import { findInvoice, linesOf, predecessorOf } from '../store/invoices/invoices.ts';
import type { Db, InvoiceRow } from '../store/schema.ts';
import { type InvoiceView, invoiceLineView, invoiceSummary } from './invoice-view.ts';

export async function listInvoices({ input, actor }: ReadRequest<typeof invoicing.listInvoices>, ctx: Context) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const today = dayOf(ctx.clock.now());
  const rows = await pageOfInvoices(ctx.db, {
    tenantId: tenantScope(actor) ?? input.tenant ?? null,
    period: input.period ?? null,
    number: input.number ?? null,
    status: input.status ?? null,
    overdueOn: input.is_overdue === true ? today : null,
    after: after === null ? null : [after[0] ?? '', after[1] ?? ''],
    limit: input.limit,
  });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ period, invoice_id }) => [period, invoice_id],
    itemOf: (row) => invoiceSummary(row, today),
  });
}

/** An invoice as the API shows it, with its lines. */
export const invoiceView = async (db: Db, invoice: InvoiceRow, now: Temporal.Instant): Promise<InvoiceView> => {
  const { total_cents } = await creditedOn(db, invoice.invoice_id);
  const lines = (await linesOf(db, invoice.invoice_id)).map(invoiceLineView);
  const replaces = (await predecessorOf(db, invoice.invoice_id))?.invoice_id ?? null;
  return invoicing.invoiceView.parse({
    ...invoiceSummary({ ...invoice, credited_cents: String(total_cents), replaces }, dayOf(now)),
    lines,
    unbilled: invoice.unrated,
  });
};

export async function getInvoice({ input, actor }: ReadRequest<typeof invoicing.getInvoice>, ctx: Context) {
  const invoice = await findInvoice(ctx.db, { invoiceId: input.invoice_id, tenantId: tenantScope(actor) });
  if (invoice === null) return unknownInvoice(input.invoice_id);
  return invoiceView(ctx.db, invoice, ctx.clock.now());
}

/** The refusal of an unknown invoice; another tenant's invoice gets the same. */
export const unknownInvoice = (invoiceId: string) => refuse('not-found', `There is no invoice ${invoiceId}.`);
