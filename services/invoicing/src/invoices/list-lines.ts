import { type invoicing, isRefusal, tenantScope } from '@arcadia/contracts';
import { type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { pageOfLines, pageOfUnbilled } from '../store/invoices/invoice-lines.ts';
import { findInvoice } from '../store/invoices/invoices.ts';
import { linesPage, unbilledPage } from './invoice-view.ts';
import { unknownInvoice } from './show-invoices.ts';

const position = [/^\d{1,9}$/];

export async function listInvoiceLines({ input, actor }: ReadRequest<typeof invoicing.listInvoiceLines>, ctx: Context) {
  const after = readCursor(input.cursor, position);
  if (isRefusal(after)) return after;
  const { invoice_id: invoiceId, deployment_id: deploymentId, limit } = input;
  if ((await findInvoice(ctx.db, { invoiceId, tenantId: tenantScope(actor) })) === null)
    return unknownInvoice(invoiceId);
  return linesPage(
    await pageOfLines(ctx.db, { invoiceId, deploymentId, after: Number(after?.[0] ?? 0), limit }),
    limit,
  );
}

export async function listUnbilled({ input, actor }: ReadRequest<typeof invoicing.listUnbilled>, ctx: Context) {
  const after = readCursor(input.cursor, position);
  if (isRefusal(after)) return after;
  const { invoice_id: invoiceId, limit } = input;
  if ((await findInvoice(ctx.db, { invoiceId, tenantId: tenantScope(actor) })) === null)
    return unknownInvoice(invoiceId);
  return unbilledPage(await pageOfUnbilled(ctx.db, { invoiceId, after: Number(after?.[0] ?? 0), limit }), limit);
}
