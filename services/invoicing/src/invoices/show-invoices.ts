import { dayOf, invoicing, isRefusal, refuse, tenantScope } from '@arcadia/contracts';
import { boundCursor, cutPage, type ReadRequest, readCursor, readSorting, sortCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { countLines, pageOfLines, pageOfUnbilled } from '../store/invoices/invoice-lines.ts';
import { creditedOn, pageOfInvoices } from '../store/invoices/invoice-lists.ts';
import { findInvoice } from '../store/invoices/invoices.ts';
import { settledOn } from '../store/invoices/payments.ts';
import { predecessorOf } from '../store/invoices/successors.ts';
import { drawsOfInvoice } from '../store/prepaid/prepaid-credits.ts';
import type { Db, InvoiceRow } from '../store/schema.ts';
import { type InvoiceView, invoiceSummary, linesPage, unbilledPage } from './invoice-view.ts';

export async function listInvoices({ input, actor }: ReadRequest<typeof invoicing.listInvoices>, ctx: Context) {
  const sorting = readSorting(input.sort, input.cursor);
  if (isRefusal(sorting)) return sorting;
  const after = sorting === null ? readCursor(input.cursor, 2) : null;
  if (isRefusal(after)) return after;
  const today = dayOf(ctx.clock.now());
  const rows = await pageOfInvoices(ctx.db, {
    tenantId: tenantScope(actor) ?? input.tenant_id ?? null,
    period: input.period ?? null,
    number: input.number ?? null,
    text: input.q ?? null,
    status: input.status ?? null,
    overdueOn: input.is_overdue === true ? today : null,
    after: after === null ? null : [after[0] ?? '', after[1] ?? ''],
    sorting,
    limit: input.limit,
  });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ period, invoice_id: id, sort_key }) =>
      sorting === null ? [period, id] : sortCursor(sorting, { sort_key, id }),
    itemOf: (row) => invoiceSummary(row, today),
  });
}

/** Lines that the answer to a command shows: few enough to fit into a message, whatever they hold. */
const linesOfCommand = 50;

/** An invoice as the API shows it, with its first lines. */
export const invoiceView = async (
  db: Db,
  invoice: InvoiceRow,
  { now, limit = linesOfCommand }: { now: Temporal.Instant; limit?: number },
): Promise<InvoiceView> => {
  const { invoice_id: invoiceId } = invoice;
  const { total_cents } = await creditedOn(db, invoiceId);
  const first = { invoiceId, after: 0, limit };
  const lines = linesPage(await pageOfLines(db, first), limit);
  const unbilled = unbilledPage(await pageOfUnbilled(db, first), limit);
  const settled = await settledOn(db, invoiceId);
  const amounts = { applied_credit_cents: settled.applied, paid_cents: settled.paid };
  const prepaid = await drawsOfInvoice(db, invoiceId);
  const replaces = (await predecessorOf(db, invoiceId))?.invoice_id ?? null;
  return {
    ...invoiceSummary({ ...invoice, credited_cents: String(total_cents), ...amounts, replaces }, dayOf(now)),
    ...(prepaid.length === 0 ? {} : { prepaid }),
    lines: lines.items,
    line_count: await countLines(db, invoiceId),
    lines_next_cursor: boundCursor(invoicing.listInvoiceLines, { invoice_id: invoiceId }, lines.next_cursor),
    unbilled: unbilled.items,
    unbilled_next_cursor: boundCursor(invoicing.listUnbilled, { invoice_id: invoiceId }, unbilled.next_cursor),
  };
};

export async function getInvoice({ input, actor }: ReadRequest<typeof invoicing.getInvoice>, ctx: Context) {
  const invoice = await findInvoice(ctx.db, { invoiceId: input.invoice_id, tenantId: tenantScope(actor) });
  if (invoice === null) return unknownInvoice(input.invoice_id);
  return invoiceView(ctx.db, invoice, { now: ctx.clock.now(), limit: input.limit });
}

/** The refusal of an unknown invoice; another tenant's invoice gets the same. */
export const unknownInvoice = (invoiceId: string) => refuse('not-found', `There is no invoice ${invoiceId}.`);
