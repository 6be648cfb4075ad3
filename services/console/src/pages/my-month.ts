import { invoicing, metering, monthName, type RequestOutput } from '@arcadia/contracts';
import type { HttpContext } from '../context.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink } from '../html/links.ts';
import { meterLine } from '../html/meter-line.ts';
import { part, shown, valueOf } from '../html/part.ts';
import { cards, figureCard, section, table } from '../html/table.ts';
import { creditsTable, termsTable } from '../html/tenant-terms.ts';
import { type Deployment, deploymentsOf } from '../names-of.ts';
import { lineTitle } from '../words/line.ts';
import { money, payable, quantityText } from '../words/money.ts';
import { countOf, inSentence, kindInWords } from '../words/names.ts';
import { time } from '../words/time.ts';
import { invoiceTable } from './invoices.ts';

type Preview = RequestOutput<typeof invoicing.previewInvoice>;
type Usage = RequestOutput<typeof metering.listUsage>['items'];

/** A tenant's running month: what it costs so far and at its end, what is included, and the invoices before it. */
export const myMonth = async (c: HttpContext): Promise<Response> => {
  const api = c.get('api');
  const tenant_id = c.get('session').person.tenantId ?? '';
  const [preview, account, invoices, usage, alerts, terms, credits] = await Promise.all([
    part(api.request(invoicing.previewInvoice, {})),
    part(api.request(invoicing.getTenant, { tenant_id })),
    part(api.request(invoicing.listInvoices, { limit: 6 })),
    part(api.request(metering.listUsage, { group_by: 'deployment', limit: 200 })),
    part(api.request(invoicing.listAlerts, { limit: 200 })),
    part(api.request(invoicing.getTenantTerms, { tenant_id })),
    part(api.request(invoicing.listPrepaidCredits, { tenant_id })),
  ]);
  const ids = [
    ...(valueOf(usage)?.items ?? []).map(({ deployment_id }) => deployment_id),
    ...(valueOf(alerts)?.items ?? []).map(({ deployment_id }) => deployment_id),
  ];
  const names = await deploymentsOf(api, ids);
  const last = valueOf(invoices)?.items.find(({ status }) => status !== 'void');
  return show(c, {
    title: 'My month',
    live: ['deployment.changed', 'subscription.changed', 'invoice.issued', 'invoice.paid', 'credit-note.issued'],
    current: '/',
    body: html`${shown(
      preview,
      (month) => html`${cards([
        figureCard({
          name: `${monthName(month.period)} so far`,
          value: payable(month.so_far),
          note: html`with tax, usage until ${time(month.usage_until)}`,
        }),
        figureCard({
          name: 'At the end of the month',
          value: payable(month.forecast),
          note: 'if usage continues as it is now',
        }),
        last === undefined
          ? figureCard({ name: 'Last invoice', value: 'none yet' })
          : figureCard({
              name: `Invoice of ${monthName(last.period)}`,
              value: money(last.total_cents, last.currency),
              note: last.number ?? '',
              href: `/invoices/${last.invoice_id}`,
            }),
        'value' in account
          ? figureCard({
              name: 'To pay',
              value: money(account.value.outstanding_cents, account.value.currency),
              note:
                account.value.overdue_invoices > 0
                  ? html`<span class="loss">${countOf(account.value.overdue_invoices, 'invoice')} overdue</span>`
                  : 'nothing overdue',
              href: '/invoices?status=issued',
            })
          : none,
      ])}
${section('The next invoice so far', nextInvoice(month, names))}`,
    )}
${section(
  'Included in your plans',
  shown(usage, ({ items }) => included(items, names)),
  { aside: html`<a href="/usage">Usage by day</a>` },
)}
${section(
  'Your own terms',
  html`${shown(terms, (known) => termsTable(known))}${shown(credits, (known) => (known.items.length === 0 ? none : creditsTable(known)))}`,
)}
${section(
  'Alerts',
  shown(alerts, ({ items }) => crossed(items, names)),
  { aside: html`<a href="/alerts">All alerts</a>` },
)}
${section(
  'Invoices',
  shown(invoices, ({ items }) => invoiceTable(items, { isOperator: false, empty: 'There is no invoice yet.' })),
  { aside: html`<a href="/invoices">All invoices</a>` },
)}`,
  });
};

const nextInvoice = (month: Preview, names: ReadonlyMap<string, Deployment>): Html => {
  const { so_far, pending_adjustments } = month;
  const lines = [...so_far.lines.filter(({ kind }) => kind !== 'tax'), ...pending_adjustments];
  return table({
    caption: `The lines of ${monthName(month.period)} so far`,
    empty: 'Nothing has been charged this month.',
    rows: lines,
    columns: [
      { head: 'Charge', isName: true, cell: (line) => lineTitle({ ...line, line_id: '' }) },
      { head: 'Deployment', cell: ({ deployment_id }) => deploymentLink(deployment_id, names) },
      { head: 'So far', isFigure: true, cell: ({ amount_cents }) => money(amount_cents, so_far.currency) },
    ],
    total: [
      pending_adjustments.length === 0 ? 'Total with tax' : 'Total with tax, without the corrections of earlier months',
      '',
      payable(so_far),
    ],
  });
};

/** Usage beside the included quantity, as bars with their figures. */
export const included = (items: Usage, names: ReadonlyMap<string, Deployment>): Html => {
  const rows = items.filter(({ included_per_month }) => included_per_month !== null && included_per_month !== '0');
  return table({
    caption: 'Included quantities and what is used of them',
    empty: 'Your plans include no quantities, or nothing has been used this month.',
    rows,
    columns: [
      { head: 'Usage', isName: true, cell: ({ kind }) => kindInWords(kind) },
      { head: 'Deployment', cell: ({ deployment_id }) => deploymentLink(deployment_id, names) },
      { head: 'Used of the included quantity', cell: (row) => meterLine(row.quantity, row.included_per_month ?? '0') },
      { head: 'Used', isFigure: true, cell: (row) => quantityText(row.quantity, row.unit) },
      { head: 'Included', isFigure: true, cell: (row) => quantityText(row.included_per_month ?? '0', row.unit) },
    ],
  });
};

const crossed = (
  items: RequestOutput<typeof invoicing.listAlerts>['items'],
  names: ReadonlyMap<string, Deployment>,
): Html => {
  const rung = items.flatMap((alert) => alert.crossed.map((crossing) => ({ alert, crossing }))).slice(0, 10);
  return table({
    caption: 'Alerts that were crossed',
    empty: items.length === 0 ? 'You have set no alert.' : 'No alert was crossed.',
    rows: rung,
    columns: [
      { head: 'When', isName: true, cell: ({ crossing }) => time(crossing.crossed_at) },
      { head: 'Deployment', cell: ({ alert }) => deploymentLink(alert.deployment_id, names) },
      {
        head: 'Alert',
        cell: ({ alert }) =>
          alert.basis === 'money'
            ? 'Cost of the month'
            : `${alert.value} % of ${inSentence(kindInWords(alert.kind ?? ''))}`,
      },
    ],
  });
};
