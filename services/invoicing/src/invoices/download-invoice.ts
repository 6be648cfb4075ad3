import { formatMinor, type invoicing, tenantScope } from '@arcadia/contracts';
import { type CsvCell, csvChunks, type ReadRequest } from '@arcadia/platform';
import { renderPdf } from '../clients/pdf/render-pdf.ts';
import type { Context } from '../context.ts';
import { addonWords, invoiceDocument } from '../domain/documents/invoice-document.ts';
import { lineTaxes } from '../domain/documents/line-taxes.ts';
import { type AddonWords, lineWords } from '../domain/documents/line-words.ts';
import { subjectOf } from '../domain/documents/usage-words.ts';
import type { TaxPolicy } from '../domain/rating/terms.ts';
import { creditAtIssue } from '../store/invoices/credit-applications.ts';
import type { InvoiceLineRow } from '../store/invoices/invoice-line-row.ts';
import { printedWith } from '../store/invoices/invoice-lines.ts';
import { standingOf } from '../store/invoices/invoice-standing.ts';
import { findInvoice, linesOf } from '../store/invoices/invoices.ts';
import { predecessorOf } from '../store/invoices/successors.ts';
import { paidDrawsNamed } from '../store/prepaid/prepaid-credits.ts';
import type { Db, InvoiceRow } from '../store/schema.ts';
import { deploymentNames } from '../store/tenants/deployments.ts';
import { invoiceLineView } from './invoice-view.ts';
import { unknownInvoice } from './show-invoices.ts';

/** The names of the deployments on an invoice: as they were when it was made, on older invoices as they are now. */
const namesOn = async (
  db: Db,
  known: Readonly<Record<string, string>> | null,
  lines: readonly InvoiceLineRow[],
): Promise<Readonly<Record<string, string>>> => {
  if (known !== null) return known;
  return deploymentNames(db, [...new Set(lines.flatMap(({ deployment_id: id }) => (id === null ? [] : [id])))]);
};

/** An invoice as PDF, with the parties and names as they were when it was made, and with what has become of it. */
export async function downloadPdf({ input, actor }: ReadRequest<typeof invoicing.getInvoicePdf>, ctx: Context) {
  const invoice = await findInvoice(ctx.db, { invoiceId: input.invoice_id, tenantId: tenantScope(actor) });
  if (invoice === null) return unknownInvoice(input.invoice_id);
  const bytes = await renderPdf(ctx.config, () => documentOf(ctx.db, invoice));
  return { head: { media_type: 'application/pdf', file_name: `${nameOf(invoice)}.pdf` }, chunks: [bytes] };
}

const nameOf = ({ number, period }: InvoiceRow): string => number ?? `draft-${period}`;

const documentOf = async (db: Db, invoice: InvoiceRow) => {
  const lines = await linesOf(db, invoice.invoice_id);
  const printed = await printedWith(db, invoice.invoice_id);
  return invoiceDocument({
    number: invoice.number,
    issued_at: invoice.issued_at,
    due_on: invoice.due_on,
    period: invoice.period,
    currency: invoice.currency,
    supplier: invoice.supplier,
    customer: invoice.customer,
    lines: lines.map(invoiceLineView),
    subtotal_cents: Number(invoice.subtotal_cents),
    tax_cents: Number(invoice.tax_cents),
    total_cents: Number(invoice.total_cents),
    is_tax_inclusive: invoice.is_tax_inclusive,
    output_hash: invoice.output_hash,
    deployment_names: await namesOn(db, printed.deployment_names, lines),
    addons: addonWords(printed.input),
    replaces: (await predecessorOf(db, invoice.invoice_id))?.number ?? null,
    applied_credit: await creditAtIssue(db, invoice.invoice_id),
    isWithoutBill: invoice.without_bill_reason !== null,
    prepaid: await paidDrawsNamed(db, invoice.invoice_id),
    standing: await standingOf(db, invoice),
  });
};

const csvColumns = [
  'number',
  'period',
  'tenant_id',
  'tenant_name',
  'line_id',
  'kind',
  'deployment_id',
  'deployment_name',
  'resource_kind',
  'resource_kind_name',
  'description',
  'text',
  'qty',
  'unit',
  'unit_price_cents',
  'amount',
  'currency',
  'tax_name',
  'tax_rate',
  'tax_amount',
];

type Named = { invoice: InvoiceRow; names: Readonly<Record<string, string>>; addons: AddonWords; tax: TaxPolicy };

function* csvRows({ invoice, names, addons, tax }: Named, lines: readonly InvoiceLineRow[]): Generator<CsvCell[]> {
  const billed = lines.filter(({ kind }) => kind !== 'tax');
  const amounts = billed.map(({ amount_cents }) => Number(amount_cents));
  const taxes = new Map(lineTaxes(amounts, tax).map((cents, index) => [billed[index]?.line_id, cents]));
  for (const line of lines.map(invoiceLineView)) {
    const taxed = taxes.get(line.line_id);
    yield [
      invoice.number,
      invoice.period,
      invoice.tenant_id,
      invoice.customer.name,
      line.line_id,
      line.kind,
      line.deployment_id,
      line.deployment_id === null ? null : (names[line.deployment_id] ?? null),
      line.resource_kind,
      line.resource_kind === null ? null : subjectOf(line.resource_kind),
      line.description,
      lineWords(line, { currency: invoice.currency, addons }).text,
      line.qty,
      line.unit,
      line.unit_price_cents,
      formatMinor(line.amount_cents, invoice.currency),
      invoice.currency,
      ...(taxed === undefined ? [null, null, null] : [tax.name, tax.rate, formatMinor(taxed, invoice.currency)]),
    ];
  }
}

/** The lines of an invoice, each id and code with its name beside it, and with its part of the tax. */
export async function downloadCsv({ input, actor }: ReadRequest<typeof invoicing.getInvoiceCsv>, ctx: Context) {
  const invoice = await findInvoice(ctx.db, { invoiceId: input.invoice_id, tenantId: tenantScope(actor) });
  if (invoice === null) return unknownInvoice(input.invoice_id);
  const lines = await linesOf(ctx.db, invoice.invoice_id);
  const printed = await printedWith(ctx.db, invoice.invoice_id);
  const named = {
    invoice,
    names: await namesOn(ctx.db, printed.deployment_names, lines),
    addons: addonWords(printed.input),
    tax: printed.input.tax,
  };
  return {
    head: { media_type: 'text/csv; charset=utf-8', file_name: `${nameOf(invoice)}.csv` },
    chunks: csvChunks(csvColumns, csvRows(named, lines)),
  };
}
