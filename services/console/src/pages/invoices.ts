import { dayName, type invoicing, monthName, type RequestOutput } from '@arcadia/contracts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Html, html } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { invoiceLink, tenantLink } from '../html/links.ts';
import { emptyList, filters, pager } from '../html/list.ts';
import { section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { money } from '../words/money.ts';
import { listAside } from './list-files.ts';

export type ListedInvoice = RequestOutput<typeof invoicing.listInvoices>['items'][number];

const statuses = [
  ['draft', 'Draft'],
  ['issued', 'Issued'],
  ['paid', 'Paid'],
  ['void', 'Void'],
] as const;

/** The invoices of everybody, or of the tenant who looks. */
export const registerInvoices = (app: HttpApp): void => {
  app.get('/invoices', async (c) => {
    const query = c.req.query();
    const isOperator = c.get('session').person.tenantId === null;
    const page = await readList(c, '/invoices');
    return show(c, {
      title: 'Invoices',
      live: ['invoice.issued', 'invoice.voided', 'invoice.paid', 'invoice.overdue'],
      current: '/invoices',
      body: html`${filters('/invoices', fieldsOf(c), query)}
${section('Newest period first', html`${invoiceTable(page.items, { isOperator, empty: emptyList(query, { filtered: 'No invoice matches these filters.', unfiltered: 'There is no invoice yet: a month is invoiced once it is closed.' }), query })}${pager('/invoices', query, page.next_cursor)}`, { aside: listAside('/invoices', query, page) })}`,
    });
  });
};

const fieldsOf = (c: HttpContext) => [
  { name: 'q', label: 'Search', placeholder: 'number or name' },
  ...(c.get('session').person.tenantId === null ? [{ name: 'tenant', label: 'Tenant', placeholder: 'id' }] : []),
  { name: 'period', label: 'Period', type: 'month' as const, placeholder: '2026-04' },
  { name: 'status', label: 'Status', choices: [...statuses, ['overdue', 'Overdue'] as const] },
];

/** The fields that hold something. */
export const filled = <Fields extends Record<string, string | undefined>>(fields: Fields): Partial<Fields> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value)) as Partial<Fields>;

/** The state of an invoice in one word. */
export const invoiceBadge = ({ status, is_overdue }: Pick<ListedInvoice, 'status' | 'is_overdue'>): Html =>
  is_overdue ? badge('overdue') : badge(status);

export const invoiceTable = (
  items: readonly ListedInvoice[],
  { isOperator, empty, query }: { isOperator: boolean; empty: string; query?: Readonly<Record<string, string>> },
): Html =>
  table({
    caption: 'Invoices',
    ...(query === undefined ? {} : { sorting: { path: '/invoices', query } }),
    empty,
    rows: items,
    columns: [
      {
        head: 'Number',
        isName: true,
        sort: 'number',
        cell: ({ invoice_id, number }) => invoiceLink(invoice_id, number),
      },
      ...(isOperator
        ? [{ head: 'Tenant', sort: 'tenant_id', cell: ({ tenant_id }: ListedInvoice) => tenantLink(tenant_id) }]
        : []),
      { head: 'Period', sort: 'period', cell: ({ period }) => monthName(period) },
      { head: 'Status', cell: (invoice) => invoiceBadge(invoice) },
      { head: 'Due', sort: 'due_on', cell: ({ due_on }) => (due_on === null ? '' : dayName(due_on)) },
      {
        head: 'Credited',
        isFigure: true,
        cell: (row) => (row.credited_cents === 0 ? '' : money(row.credited_cents, row.currency)),
      },
      {
        head: 'Total with tax',
        isFigure: true,
        sort: 'total_cents',
        cell: ({ total_cents, currency }) => money(total_cents, currency),
      },
    ],
  });
