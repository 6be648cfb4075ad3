import { invoicing, monthName, type RequestOutput, versionOf } from '@arcadia/contracts';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { passOn } from '../html/download.ts';
import { type Attempt, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink, invoiceLink, tenantLink } from '../html/links.ts';
import { part, shown } from '../html/part.ts';
import { facts, section, table } from '../html/table.ts';
import { type Deployment, deploymentsOf } from '../names-of.ts';
import { money, moneyText } from '../words/money.ts';
import { countOf, inWords, kindInWords } from '../words/names.ts';
import { time } from '../words/time.ts';

type CreditNote = RequestOutput<typeof invoicing.getCreditNote>;
type Names = ReadonlyMap<string, Deployment>;

/** A credit note, and the record that its open amount was paid back. */
export const registerCreditNote = (app: HttpApp): void => {
  app.get('/credit-notes/:file{[^/]+\\.pdf}', async (c) => {
    const credit_note_id = c.req.param('file').slice(0, -4);
    return passOn(c, await c.get('api').download(invoicing.getCreditNotePdf, { credit_note_id }));
  });
  app.get('/credit-notes/:id', (c) => creditNotePage(c, null));
  app.post('/credit-notes/:id/refund', (c) =>
    handleForm(c, {
      form: 'refund',
      run: async ({ reference = '' }, sending) => {
        const credit_note_id = c.req.param('id');
        const note = await c.get('api').request(invoicing.refundCreditNote, { credit_note_id, reference }, sending);
        return {
          to: `/credit-notes/${credit_note_id}`,
          text: `The refund of ${moneyText(note.refunded_cents, note.currency)} of credit note ${note.number} is recorded.`,
        };
      },
      again: (attempt) => creditNotePage(c, attempt),
    }),
  );
};

const creditNotePage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const isOperator = c.get('session').person.tenantId === null;
  const note = await api.request(invoicing.getCreditNote, { credit_note_id: c.req.param('id') ?? '' });
  const names = await deploymentsOf(
    api,
    note.lines.map(({ deployment_id }) => deployment_id),
  );
  const invoice =
    note.invoice_id === null
      ? null
      : await part(api.request(invoicing.getInvoice, { invoice_id: note.invoice_id, limit: 1 }));
  return show(c, {
    title: `Credit note ${note.number}`,
    current: '/invoices',
    crumbs: [['Invoices', '/invoices']],
    lead: html`${monthName(note.period)}${isOperator ? html` for ${tenantLink(note.tenant_id)}` : none}`,
    attempt,
    body: html`${section('What is credited', creditedLines(note, names), {
      aside: html`<span class="actions"><a href="/credit-notes/${note.credit_note_id}.pdf" download>PDF</a></span>`,
    })}
${section('Where it went', usesOf(note))}
${section(
  'About this credit note',
  facts([
    ['Reason', html`${note.reason} <small>${inWords(note.kind)}</small>`],
    ['Issued', time(note.issued_at)],
    note.invoice_id === null || invoice === null
      ? ['Invoice', 'none: the lines of the month come to less than zero']
      : ['Invoice', shown(invoice, ({ invoice_id, number }) => invoiceLink(invoice_id, number))],
    ...(isOperator ? [['Finance system', note.finance_credit_id ?? 'not pushed yet'] as const] : []),
    ['Credit note id', html`<span class="id">${note.credit_note_id}</span>`],
  ]),
)}
${isOperator ? section('Actions', refundForm(note, attempt)) : none}`,
  });
};

const creditedLines = (note: CreditNote, names: Names): Html =>
  table({
    caption: 'Lines of the credit note',
    empty: 'It has no lines.',
    rows: note.lines,
    columns: [
      {
        head: 'Charge',
        isName: true,
        cell: ({ resource_kind }) => (resource_kind === null ? 'Plan or other charge' : kindInWords(resource_kind)),
      },
      { head: 'Deployment', cell: ({ deployment_id }) => deploymentLink(deployment_id, names) },
      { head: 'Credited without tax', isFigure: true, cell: ({ amount_cents }) => money(amount_cents, note.currency) },
    ],
    total: [
      note.line_count > note.lines.length
        ? `${countOf(note.line_count, 'line')}, of which ${note.lines.length} are shown`
        : countOf(note.line_count, 'line'),
      '',
      money(note.net_cents, note.currency),
    ],
  });

const usesOf = ({
  currency,
  total_cents,
  applied_to,
  refunded_cents,
  refunded_at,
  refund_reference,
  open_cents,
}: CreditNote): Html =>
  facts([
    ['Credited with tax', money(total_cents, currency)],
    ...applied_to.map(
      ({ invoice_id, number, amount_cents }) =>
        ['Taken off invoice', html`${invoiceLink(invoice_id, number)}: ${money(amount_cents, currency)}`] as const,
    ),
    refunded_at === null
      ? null
      : ['Paid back', html`${money(refunded_cents, currency)}, ${time(refunded_at)}: ${refund_reference ?? ''}`],
    ['Still open', open_cents === 0 ? 'nothing' : html`${money(open_cents, currency)}, taken off the next invoice`],
  ]);

const refundForm = (note: CreditNote, attempt: Attempt | null): Html =>
  note.open_cents === 0
    ? html`<p class="empty">Nothing of it is open, so nothing can be paid back.</p>`
    : html`<p>Record here that ${money(note.open_cents, note.currency)} was paid back. Nothing is transferred by it.</p>${form(
        {
          name: 'refund',
          sends: invoicing.refundCreditNote,
          action: `/credit-notes/${note.credit_note_id}/refund`,
          attempt,
          version: versionOf(invoicing.getCreditNote, note),
          submit: 'Record the refund',
          fields: [
            {
              name: 'reference',
              label: 'Reference of the refund',
              hint: 'Such as the bank’s reference.',
              isRequired: true,
            },
          ],
        },
      )}`;

/** Credit notes with what is still open of each; nothing where there are none. */
export const creditNoteTable = (items: readonly CreditNote[], total?: readonly (Html | string)[]): Html =>
  table({
    caption: 'Credit notes',
    empty: 'There is no credit note.',
    rows: items,
    columns: [
      {
        head: 'Number',
        isName: true,
        cell: ({ credit_note_id, number }) => html`<a href="/credit-notes/${credit_note_id}">${number}</a>`,
      },
      { head: 'Issued', cell: ({ issued_at }) => time(issued_at) },
      { head: 'Reason', cell: ({ reason, kind }) => html`${reason} <small>${inWords(kind)}</small>` },
      {
        head: 'Still open',
        isFigure: true,
        cell: ({ open_cents, currency }) => (open_cents === 0 ? '' : money(open_cents, currency)),
      },
      { head: 'Credited with tax', isFigure: true, cell: (note) => money(note.total_cents, note.currency) },
    ],
    ...(total === undefined ? {} : { total }),
  });
