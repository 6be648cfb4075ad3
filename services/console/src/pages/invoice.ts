import { dayName, invoicing, monthName, type RequestOutput } from '@arcadia/contracts';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { passOn } from '../html/download.ts';
import type { Attempt } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink, invoiceLink, tenantLink } from '../html/links.ts';
import { type Part, part, shown } from '../html/part.ts';
import { facts, section, table } from '../html/table.ts';
import { type Deployment, deploymentsOf } from '../names-of.ts';
import { calculation, type Line, lineTitle } from '../words/line.ts';
import { money, quantityText } from '../words/money.ts';
import { countOf, kindInWords, unitOfKind } from '../words/names.ts';
import { time } from '../words/time.ts';
import { creditNoteTable } from './credit-note.ts';
import { credit, type Invoice, invoiceActions, invoiceId, pay } from './invoice-commands.ts';
import { invoiceBadge } from './invoices.ts';

type CreditNotes = RequestOutput<typeof invoicing.listCreditNotes>['items'];

type Names = ReadonlyMap<string, Deployment>;

export const registerInvoice = (app: HttpApp): void => {
  app.get('/invoices/:file{[^/]+\\.(pdf|csv)}', (c) => download(c));
  app.get('/invoices/:id', (c) => invoicePage(c, null));
  app.post('/invoices/:id/pay', (c) =>
    handleForm(c, {
      form: 'pay',
      run: (values, sending) => pay(c, values, sending),
      again: (attempt) => invoicePage(c, attempt),
      fieldOf: (pointer) => (pointer.endsWith('amount_cents') ? 'amount' : (pointer.split('/').at(-1) ?? '')),
    }),
  );
  app.post('/invoices/:id/void', (c) =>
    handleForm(c, {
      form: 'void',
      run: async ({ reason = '' }, sending) => {
        const { number } = await c
          .get('api')
          .request(invoicing.voidInvoice, { invoice_id: invoiceId(c), reason }, sending);
        return {
          to: `/invoices/${invoiceId(c)}`,
          text: `Invoice ${number ?? ''} is void. The next run of its period makes a new one.`,
        };
      },
      again: (attempt) => invoicePage(c, attempt),
    }),
  );
  app.post('/invoices/:id/credit', (c) =>
    handleForm(c, {
      form: 'credit',
      run: (values, sending) => credit(c, values, sending),
      again: (attempt) => invoicePage(c, attempt),
      fieldOf: (pointer) => (pointer.endsWith('amount_cents') ? 'amount' : (pointer.split('/')[1] ?? '')),
    }),
  );
};

/** The file of an invoice, passed on from the gateway piece by piece. */
const download = async (c: HttpContext): Promise<Response> => {
  const file = c.req.param('file') ?? '';
  const contract = file.endsWith('.pdf') ? invoicing.getInvoicePdf : invoicing.getInvoiceCsv;
  return passOn(c, await c.get('api').download(contract, { invoice_id: file.slice(0, -4) }));
};

const invoicePage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const isOperator = c.get('session').person.tenantId === null;
  const { answer: invoice, version } = await api.read(invoicing.getInvoice, { invoice_id: invoiceId(c) });
  const [names, notes] = await Promise.all([
    deploymentsOf(
      api,
      invoice.lines.map(({ deployment_id }) => deployment_id),
    ),
    part(api.request(invoicing.listCreditNotes, { invoice_id: invoice.invoice_id, limit: 200 })),
  ]);
  return show(c, {
    title: invoice.number === null ? 'Draft invoice' : `Invoice ${invoice.number}`,
    current: '/invoices',
    crumbs: [['Invoices', '/invoices']],
    beside: invoiceBadge(invoice),
    lead: html`${monthName(invoice.period)}${isOperator ? html` for ${tenantLink(invoice.tenant_id)}` : none}`,
    attempt,
    body: html`${section('Lines', linesOf(invoice, names), { aside: files(invoice) })}
${isUnbilled(invoice) ? section('Not billed', html`${withoutBill(invoice)}${invoice.unbilled.length === 0 ? none : unbilled(invoice, names)}`) : none}
${creditNotes(invoice, notes)}
${section('About this invoice', head(invoice, isOperator))}
${isOperator ? section('Actions', invoiceActions(invoice, { version, attempt })) : none}`,
  });
};

const files = ({ invoice_id }: Invoice): Html =>
  html`<span class="actions"><a href="/invoices/${invoice_id}.pdf" download>PDF</a> <a href="/invoices/${invoice_id}.csv" download>CSV</a></span>`;

const linesOf = (invoice: Invoice, names: Names): Html => {
  const { currency } = invoice;
  const groups = [
    ...Map.groupBy(
      invoice.lines.filter(({ kind }) => kind !== 'tax'),
      ({ deployment_id }) => deployment_id,
    ),
  ];
  const rows = groups.flatMap(([deployment, lines]) => [
    { heading: deployment, lines, line: null },
    ...lines.map((line) => ({ heading: null, lines, line })),
  ]);
  const lineRow = (line: Line): Html =>
    html`<tr><th scope="row"><a href="/invoices/${invoice.invoice_id}/lines/${line.line_id}">${lineTitle(line)}</a></th><td class="quiet">${calculation(line, currency)}</td><td class="figure">${money(line.amount_cents, currency)}</td></tr>`;
  const sumRow = (words: string, amount: number, isTotal = false): Html =>
    html`<tr${isTotal ? html` class="total"` : none}><th scope="row" colspan="2">${words}</th><td class="figure">${money(amount, currency)}</td></tr>`;
  const tax = invoice.lines.filter(({ kind }) => kind === 'tax');
  return html`<div class="scroll" role="region" aria-label="Lines" tabindex="0"><table><caption class="unseen">Lines of the invoice, by deployment</caption>
<thead><tr><th scope="col">Charge</th><th scope="col">Calculation</th><th scope="col" class="figure">Amount</th></tr></thead>
<tbody>${rows.map(({ heading, lines, line }) =>
    line !== null
      ? lineRow(line)
      : groups.length === 1 && heading === null
        ? none
        : html`<tr><th scope="rowgroup" colspan="2">${heading === null ? 'The whole account' : html`Deployment ${deploymentLink(heading, names)}`}</th><td class="figure quiet">${money(sumOf(lines), currency)}</td></tr>`,
  )}</tbody>
<tfoot>${sumRow('Subtotal', invoice.subtotal_cents)}${tax.map((line) => html`<tr><th scope="row" colspan="2"><a href="/invoices/${invoice.invoice_id}/lines/${line.line_id}">${line.description}</a></th><td class="figure">${money(line.amount_cents, currency)}</td></tr>`)}${tax.length === 0 ? sumRow('Tax', invoice.tax_cents) : none}${sumRow('Total', invoice.total_cents, true)}${settled(invoice).map(([words, amount]) => sumRow(words, amount))}</tfoot></table></div>
<p class="quiet">Open a charge to see why it is there, down to what was observed.</p>`;
};

/** The paid, the credited and the due amount, where the due amount is not the total. */
const settled = ({ status, total_cents, paid_cents, amount_due_cents }: Invoice): [words: string, amount: number][] => {
  const credit = total_cents - paid_cents - amount_due_cents;
  if (status === 'draft' || status === 'void' || amount_due_cents === total_cents) return [];
  return [
    ...(paid_cents === 0 ? [] : [['Paid', -paid_cents] as [string, number]]),
    ...(credit === 0 ? [] : [['Credit', -credit] as [string, number]]),
    ['Still due', amount_due_cents],
  ];
};

const sumOf = (lines: readonly Line[]): number => lines.reduce((sum, { amount_cents }) => sum + amount_cents, 0);

const reasons = {
  no_subscription: 'no plan was in force',
  trial: 'the trial',
  no_price: 'no price for it',
  no_list_price: 'the list price of the provider is unknown',
  no_rate: 'no exchange rate is pinned',
  no_bill: 'the bill of the provider is not known yet',
} as const;

const isUnbilled = ({ unbilled: usage, without_bill_reason: reason }: Invoice): boolean =>
  usage.length > 0 || reason !== undefined;

const withoutBill = ({ without_bill_reason: reason, period }: Invoice): Html =>
  reason === undefined
    ? none
    : html`<p>The provider's bill of ${monthName(period)} is not known yet: ${reason}. What it charges follows as an adjustment on a later invoice.</p>`;

const unbilled = (invoice: Invoice, names: Names): Html =>
  table({
    caption: 'Usage that is not billed',
    empty: '',
    rows: invoice.unbilled,
    columns: [
      { head: 'Usage', isName: true, cell: ({ kind }) => kindInWords(kind) },
      { head: 'Deployment', cell: ({ deployment_id }) => deploymentLink(deployment_id, names) },
      { head: 'Because of', cell: ({ reason }) => reasons[reason] },
      { head: 'Quantity', isFigure: true, cell: ({ kind, qty }) => quantityText(qty, unitOfKind(kind)) },
    ],
  });

const creditNotes = (invoice: Invoice, notes: Part<{ items: CreditNotes }>): Html => {
  if ('value' in notes && notes.value.items.length === 0) return none;
  return section(
    'Credit notes',
    shown(notes, ({ items }) =>
      creditNoteTable(items, [
        countOf(items.length, 'credit note'),
        '',
        '',
        '',
        money(invoice.credited_cents, invoice.currency),
      ]),
    ),
  );
};

const head = (invoice: Invoice, isOperator: boolean): Html =>
  facts([
    ['Issued', invoice.issued_at === null ? 'not yet' : time(invoice.issued_at)],
    ['Due', invoice.due_on === null ? 'not yet' : dayName(invoice.due_on)],
    invoice.paid_at === null ? null : ['Paid', html`${time(invoice.paid_at)}, ${invoice.payment_reference ?? ''}`],
    invoice.voided_at === null ? null : ['Voided', html`${time(invoice.voided_at)}: ${invoice.void_reason ?? ''}`],
    invoice.replaced_by === null ? null : ['Replaced by', invoiceLink(invoice.replaced_by, 'the later invoice')],
    ['Prices', invoice.is_tax_inclusive ? 'include tax' : 'without tax'],
    ['Period closed', countOf(invoice.close_revision, 'time')],
    ...(isOperator
      ? ([
          ['Finance system', invoice.finance_invoice_id ?? 'not pushed yet'],
          ['Rated by version', invoice.rating_version],
          ['Hash of what was read', html`<span class="id">${invoice.input_hash}</span>`],
          ['Hash of the result', html`<span class="id">${invoice.output_hash}</span>`],
        ] as const)
      : []),
    ['Invoice id', html`<span class="id">${invoice.invoice_id}</span>`],
  ]);
