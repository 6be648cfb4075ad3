import { formatMinor, type invoicing, refuse, tenantScope } from '@arcadia/contracts';
import { type CsvCell, csvChunks, type ReadRequest } from '@arcadia/platform';
import { renderPdf } from '../clients/pdf.ts';
import type { Context } from '../context.ts';
import { documentOf, type InvoiceDocument } from '../domain/invoices/invoice-document.ts';
import { findInvoice, linesOf } from '../store/invoices/invoices.ts';
import type { InvoiceLineRow, InvoiceRow } from '../store/schema.ts';
import { invoiceLineView } from './invoice-view.ts';
import { unknownInvoice } from './show-invoices.ts';

/** Bytes of one chunk, well below the limit of a message. */
const chunkBytes = 256 * 1024;

const chunksOf = function* (bytes: Uint8Array): Iterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += chunkBytes) yield bytes.subarray(from, from + chunkBytes);
};

const documentDataOf = (invoice: InvoiceRow, lines: readonly InvoiceLineRow[]): InvoiceDocument => ({
  number: invoice.number ?? '',
  issued_at: invoice.issued_at ?? '',
  due_on: invoice.due_on ?? '',
  period: invoice.period,
  currency: invoice.currency,
  supplier: invoice.supplier,
  customer: invoice.customer,
  lines: lines.map(invoiceLineView),
  subtotal_cents: Number(invoice.subtotal_cents),
  tax_cents: Number(invoice.tax_cents),
  total_cents: Number(invoice.total_cents),
  is_tax_inclusive: invoice.is_tax_inclusive,
});

/** An issued invoice as PDF, with the parties as they were when it was issued. */
export async function downloadPdf({ input, actor }: ReadRequest<typeof invoicing.getInvoicePdf>, ctx: Context) {
  const invoice = await findInvoice(ctx.db, { invoiceId: input.invoice_id, tenantId: tenantScope(actor) });
  if (invoice === null) return unknownInvoice(input.invoice_id);
  if (invoice.number === null)
    return refuse('not-issued', 'A draft has no PDF yet: it gets its number when it is issued.');
  const bytes = await renderPdf(documentOf(documentDataOf(invoice, await linesOf(ctx.db, invoice.invoice_id))));
  return { head: { media_type: 'application/pdf', file_name: `${invoice.number}.pdf` }, chunks: chunksOf(bytes) };
}

const csvColumns = [
  'number',
  'period',
  'line_id',
  'kind',
  'deployment_id',
  'resource_kind',
  'description',
  'qty',
  'unit',
  'unit_price_cents',
  'amount',
  'currency',
];

function* csvRows(invoice: InvoiceRow, lines: readonly InvoiceLineRow[]): Generator<CsvCell[]> {
  for (const line of lines.map(invoiceLineView)) {
    yield [
      invoice.number,
      invoice.period,
      line.line_id,
      line.kind,
      line.deployment_id,
      line.resource_kind,
      line.description,
      line.qty,
      line.unit,
      line.unit_price_cents,
      formatMinor(line.amount_cents, invoice.currency),
      invoice.currency,
    ];
  }
}

export async function downloadCsv({ input, actor }: ReadRequest<typeof invoicing.getInvoiceCsv>, ctx: Context) {
  const invoice = await findInvoice(ctx.db, { invoiceId: input.invoice_id, tenantId: tenantScope(actor) });
  if (invoice === null) return unknownInvoice(input.invoice_id);
  const lines = await linesOf(ctx.db, invoice.invoice_id);
  return {
    head: { media_type: 'text/csv; charset=utf-8', file_name: `${invoice.number ?? `draft-${invoice.period}`}.csv` },
    chunks: csvChunks(csvColumns, csvRows(invoice, lines)),
  };
}
