import { type Actor, dayOf, invoicing, isRefusal, type RequestInput, refuse, tenantScope } from '@arcadia/contracts';
import { cursorKey, pageFrom } from '../paging.ts';
import { creditedOn, pageOfInvoices } from '../store/invoices/invoice-lists.ts';
import { findInvoice, linesOf } from '../store/invoices/invoices.ts';
import type { Db, InvoiceRow } from '../store/schema.ts';
import type { Context } from '../tenants/look-up-deployment.ts';
import { type InvoiceView, invoiceLineView, invoiceSummary } from './invoice-view.ts';

export const listInvoices = async (
  ctx: Context,
  asked: { input: RequestInput<typeof invoicing.listInvoices>; actor: Actor },
) => {
  const { input, actor } = asked;
  const after = cursorKey(input.cursor, 2);
  if (isRefusal(after)) return after;
  const today = dayOf(ctx.clock.now());
  const rows = await pageOfInvoices(ctx.db, {
    tenantId: tenantScope(actor) ?? input.tenant ?? null,
    period: input.period ?? null,
    status: input.status ?? null,
    overdueOn: input.is_overdue === true ? today : null,
    after: after === null ? null : [after[0] ?? '', after[1] ?? ''],
    limit: input.limit,
  });
  return pageFrom(rows, input.limit, {
    key: ({ period, invoice_id }) => [period, invoice_id],
    item: (row) => invoiceSummary({ ...row, input: null, unrated: null }, today),
  });
};

/** An invoice as it is shown, with its lines. */
export const invoiceView = async (db: Db, invoice: InvoiceRow, now: Temporal.Instant): Promise<InvoiceView> => {
  const { total_cents } = await creditedOn(db, invoice.invoice_id);
  const lines = (await linesOf(db, invoice.invoice_id)).map(invoiceLineView);
  return invoicing.invoiceView.parse({
    ...invoiceSummary({ ...invoice, credited_cents: String(total_cents) }, dayOf(now)),
    lines,
    unbilled: invoice.unrated,
  });
};

export const getInvoice = async (ctx: Context, asked: { input: { invoice_id: string }; actor: Actor }) => {
  const invoice = await findInvoice(ctx.db, { invoiceId: asked.input.invoice_id, tenantId: tenantScope(asked.actor) });
  if (invoice === null) return unknownInvoice(asked.input.invoice_id);
  return invoiceView(ctx.db, invoice, ctx.clock.now());
};

/** Another tenant's invoice is answered the same as one that does not exist. */
export const unknownInvoice = (invoiceId: string) => refuse('not-found', `There is no invoice ${invoiceId}.`);
