import { invoicing, monthName, type RequestOutput } from '@arcadia/contracts';
import type { HttpApp, HttpContext } from '../context.ts';
import { passOn } from '../html/download.ts';
import { type Html, html, joined, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink, tenantLink } from '../html/links.ts';
import { address, filters, pager } from '../html/list.ts';
import { marginCell, marginChart } from '../html/margin-chart.ts';
import { part, shown } from '../html/part.ts';
import { cards, figureCard, section, table } from '../html/table.ts';
import { type Deployment, deploymentsOf } from '../names-of.ts';
import { grouped, money, moneyOrUnknown, percent } from '../words/money.ts';
import { kindInWords, listed } from '../words/names.ts';
import { filled } from './invoices.ts';
import { lossReason } from './loss-reason.ts';
import { monthsOf } from './today.ts';

type Margin = RequestOutput<typeof invoicing.getMargin>;
type Row = Margin['items'][number];

const groupings = [
  ['tenant', 'Tenant'],
  ['deployment', 'Deployment'],
  ['kind', 'Kind of usage'],
  ['plan', 'Plan'],
] as const;

const targets = {
  customer: 'Customers',
  without_payer: 'Without a payer',
  operator: 'Own use',
  unallocated: 'Assigned to no one',
  provider_tax: 'The provider’s tax',
  bill_difference: 'Bills that do not agree',
} as const;

/** Revenue, cost and margin: losses first, and what is not known yet as such. */
export const registerMargin = (app: HttpApp): void => {
  app.get('/margin', (c) => marginPage(c));
  app.get('/margin.csv', async (c) => {
    const { period, tenant, group_by } = c.req.query();
    const file = await c
      .get('api')
      .download(invoicing.getMarginCsv, filled({ period, tenant_id: tenant, group_by }) as never);
    return passOn(c, file);
  });
};

const marginPage = async (c: HttpContext): Promise<Response> => {
  const api = c.get('api');
  const query = c.req.query();
  const { period, tenant, cursor } = query;
  const group_by = groupings.find(([value]) => value === query['group_by'])?.[0] ?? (tenant ? 'kind' : 'tenant');
  const [rows, months, reason] = await Promise.all([
    part(
      api.request(invoicing.getMargin, {
        ...filled({ period, tenant_id: tenant, cursor }),
        group_by,
        limit: 100,
      } as never),
    ),
    part(api.request(invoicing.getMargin, { group_by: 'period', ...filled({ tenant_id: tenant }) } as never)),
    tenant && period ? lossReason(api, { tenant, period }) : none,
  ]);
  const items = 'value' in rows ? rows.value.items : [];
  const names = await deploymentsOf(
    api,
    items.map(({ deployment_id }) => deployment_id),
  );
  const tabs = groupings.map(
    ([value, words]) =>
      html`<a href="${address('/margin', { period, tenant, group_by: value })}"${value === group_by ? html` aria-current="true"` : none}>${words}</a>`,
  );
  return show(c, {
    title: 'Margin',
    current: '/margin',
    lead: 'Revenue less the provider’s cost, both without tax. A cost is known once the provider’s bill and its exchange rate are.',
    body: html`${filters(
      '/margin',
      [
        { name: 'period', label: 'Period', type: 'month', placeholder: '2026-04' },
        { name: 'tenant', label: 'Tenant', placeholder: 'id' },
        { name: 'group_by', label: 'One row for each', choices: groupings },
      ],
      { ...query, group_by },
    )}
${shown(
  rows,
  (margin) => html`${totals(margin)}
${reason}
${section('Losses first', html`<p class="tabs">${joined(tabs, ' · ')}</p>${marginTable(margin, { group_by, names })}${pager('/margin', query, margin.next_cursor)}`, { aside: html`<a href="${address('/margin.csv', { period, tenant, group_by })}" download>CSV</a>` })}`,
)}
${shown(months, (margin) => section('By month', margin.currency === null ? html`<p class="empty">Nothing has been invoiced yet.</p>` : marginChart(monthsOf(margin.items), margin.currency)))}`,
  });
};

const totals = (margin: Margin): Html => {
  const { totals: sum, currency, provider_currency, missing_bills, fx } = margin;
  const missing = [
    ...missing_bills.map((period) => `the bill of ${monthName(period)}`),
    ...fx
      .filter(({ rate }) => rate === null)
      .map(({ period, from, to }) => `the exchange rate from ${from} to ${to} of ${monthName(period)}`),
  ];
  return html`${missing.length === 0 ? none : html`<p class="missing" role="status">Not known yet: ${listed(missing)}. Until then the cost and the margin of these months stay open. <a href="/bill">Provider bill</a></p>`}
${cards([
  figureCard({ name: 'Revenue', value: moneyOrUnknown(sum.revenue_cents, currency) }),
  figureCard({
    name: 'Cost',
    value: moneyOrUnknown(sum.cost_cents, currency),
    note:
      sum.cost_provider_cents === null || provider_currency === null
        ? ''
        : html`${money(sum.cost_provider_cents, provider_currency)} at the provider`,
  }),
  figureCard({ name: 'Margin', value: marginCell(sum.margin_cents, currency) }),
  ...fx
    .filter(({ rate }) => rate !== null)
    .slice(-1)
    .map(({ rate, from, to, period }) =>
      figureCard({ name: `1 ${from} in ${to}`, value: grouped(rate ?? ''), note: `pinned for ${monthName(period)}` }),
    ),
])}`;
};

const marginTable = (margin: Margin, options: { group_by: string; names: ReadonlyMap<string, Deployment> }): Html => {
  const { currency, items } = margin;
  return table({
    caption: 'Margins, losses first',
    empty: 'There is neither revenue nor cost for these filters.',
    rows: items,
    columns: [
      {
        head: groupings.find(([value]) => value === options.group_by)?.[1] ?? '',
        isName: true,
        cell: (row) => subjectOf(row, options),
      },
      { head: 'Month', cell: ({ period }) => monthName(period) },
      { head: 'Revenue', isFigure: true, cell: ({ revenue_cents }) => moneyOrUnknown(revenue_cents, currency) },
      { head: 'Cost', isFigure: true, cell: ({ cost_cents }) => moneyOrUnknown(cost_cents, currency) },
      { head: 'Margin', isFigure: true, cell: ({ margin_cents }) => marginCell(margin_cents, currency) },
      { head: 'Of revenue', isFigure: true, cell: ({ margin_percent }) => percent(margin_percent) },
    ],
  });
};

/** Of a cost that no subscription pays for. */
const withoutPayerNote = ({ period }: Row): Html =>
  html`<a href="${address('/reconciliation', { period })}#without-payer">ran without a subscription</a>`;

const subjectOf = (
  row: Row,
  { group_by, names }: { group_by: string; names: ReadonlyMap<string, Deployment> },
): Html => {
  if (row.target !== 'customer' && row.tenant_id === null && row.kind === null) return html`${targets[row.target]}`;
  if (group_by === 'tenant')
    return row.tenant_id === null
      ? html`${targets[row.target]}`
      : html`${tenantLink(row.tenant_id)}<small>${row.target === 'without_payer' ? withoutPayerNote(row) : html`<a href="${address('/margin', { period: row.period, tenant: row.tenant_id })}">by kind of usage</a>`}</small>`;
  if (group_by === 'deployment')
    return row.deployment_id === null
      ? html`${row.tenant_id === null ? targets[row.target] : html`The whole account of ${tenantLink(row.tenant_id)}`}`
      : html`${deploymentLink(row.deployment_id, names)}<small>${row.tenant_id ?? ''}${row.target === 'without_payer' ? html` · ${withoutPayerNote(row)}` : none}</small>`;
  if (group_by === 'plan') return html`${row.plan_code ?? 'Without a plan'}`;
  return html`${row.kind === null ? 'Plan prices and other charges' : kindInWords(row.kind)}${row.target === 'customer' ? none : html`<small>${targets[row.target]}</small>`}`;
};
