import { billingIngest, monthName, type RequestOutput, versionOf } from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { handleForm, InvalidForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { filters, pager } from '../html/list.ts';
import { part, shown, valueOf } from '../html/part.ts';
import { runningWork } from '../html/running-work.ts';
import { cards, figureCard, section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { decimalMoney, grouped, moneyOrUnknown, percentOfFraction } from '../words/money.ts';
import { countOf } from '../words/names.ts';
import { time } from '../words/time.ts';
import { works } from '../work.ts';

type Listed = RequestOutput<typeof billingIngest.listProviderInvoices>['items'];

export const registerBills = (app: HttpApp): void => {
  app.get('/bill', (c) => billsPage(c, null));
  app.post('/bill/rates', (c) =>
    handleForm(c, {
      form: 'rate',
      run: (values, sending) => pinRate(c, values, sending),
      again: (attempt) => billsPage(c, attempt),
    }),
  );
  app.post('/bill/discover', (c) =>
    handleForm(c, {
      form: 'discover',
      run: async (_, sending) => {
        await c.get('api').request(billingIngest.discoverInvoices, {}, sending);
        return { to: '/bill', text: 'The provider is asked for new bills; they appear here once they are read.' };
      },
      again: (attempt) => billsPage(c, attempt),
    }),
  );
};

const pinRate = async (
  c: HttpContext,
  { period = '', from = '', to = '', rate = '', source = '' }: Readonly<Record<string, string>>,
  sending: Sending,
) => {
  if (!/^\d{1,12}(\.\d{1,12})?$/.test(rate.trim())) throw new InvalidForm({ rate: 'Enter a number such as 1.52.' });
  const one = {
    period: period.trim(),
    from: from.trim().toUpperCase(),
    to: to.trim().toUpperCase(),
    rate: rate.trim(),
    ...(source.trim() === '' ? {} : { source: source.trim() }),
  };
  const { invoices } = await c.get('api').request(billingIngest.putFxRates, { rates: [one] }, sending);
  return {
    to: '/bill',
    text: `The rate of ${monthName(one.period)} is pinned; ${countOf(invoices, 'bill')} ${invoices === 1 ? 'is' : 'are'} converted with it.`,
  };
};

const billsPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const query = c.req.query();
  const [page, rates, replaced, matched, preview, balance, work] = await Promise.all([
    readList(c, '/bill'),
    part(api.request(billingIngest.listFxRates, {})),
    part(api.request(billingIngest.listFxRates, { is_replaced: true })),
    part(api.request(billingIngest.getMatchRate, {})),
    part(api.request(billingIngest.getInvoicePreview, {})),
    part(api.request(billingIngest.getBalance, {})),
    works.bills(api),
  ]);
  const present = [
    'value' in preview
      ? figureCard({
          name: `${monthName(preview.value.period)} so far`,
          value: decimalMoney(preview.value.amount, preview.value.currency),
          note: html`the provider’s preview, ${time(preview.value.fetched_at)}`,
        })
      : null,
    'value' in balance
      ? figureCard({
          name: 'Balance at the provider',
          value: decimalMoney(balance.value.month_to_date_balance, balance.value.currency),
          note: html`${time(balance.value.taken_at)}`,
        })
      : null,
    'value' in matched
      ? figureCard({
          name: 'Matched to resources',
          value: percentOfFraction(matched.value.total.rate_by_amount),
          note: `of the amount; ${percentOfFraction(matched.value.total.rate_by_count)} of the lines`,
        })
      : null,
  ].filter((card) => card !== null);
  return show(c, {
    title: 'Provider bill',
    live: ['invoice.ingested'],
    current: '/bill',
    attempt,
    body: html`${runningWork(work, { name: 'bills', about: '', path: '/bill' })}${present.length === 0 ? none : cards(present)}
${filters('/bill', [{ name: 'period', label: 'Period', type: 'month', placeholder: '2026-04' }], query)}
${section(query['sort'] ? 'Bills, as sorted' : 'Bills, newest first', html`${billTable(page.items, query)}${pager('/bill', query, page.next_cursor)}${form({ name: 'discover', sends: billingIngest.discoverInvoices, action: '/bill/discover', fields: [], submit: 'Look for new bills now', attempt })}`)}
${section(
  'Exchange rates',
  shown(
    rates,
    (known) =>
      html`${rateTable(known.rates)}${replacedRates(valueOf(replaced)?.rates ?? [])}${rateForm(page.items, { version: versionOf(billingIngest.listFxRates, known), attempt })}`,
  ),
  { id: 'rates' },
)}`,
  });
};

const billTable = (items: Listed, query: Readonly<Record<string, string>>): Html =>
  table({
    sorting: { path: '/bill', query },
    caption: 'The provider’s bills',
    empty: 'There is no bill yet.',
    rows: items,
    columns: [
      {
        head: 'Period',
        isName: true,
        sort: 'period',
        cell: (bill) =>
          html`<a href="/bill/${bill.invoice_uuid}">${monthName(bill.period)}</a><small>${bill.invoice_number ?? ''}</small>`,
      },
      { head: 'Status', sort: 'status', cell: ({ status }) => badge(status) },
      { head: 'Lines matched', isFigure: true, cell: ({ matched, lines }) => `${matched} of ${lines}` },
      { head: 'Net', isFigure: true, cell: (bill) => moneyOrUnknown(bill.amount_net_minor, bill.currency) },
      { head: 'Tax', isFigure: true, cell: (bill) => moneyOrUnknown(bill.amount_tax_minor, bill.currency) },
      {
        head: 'Gross',
        isFigure: true,
        sort: 'amount_gross_minor',
        cell: (bill) => moneyOrUnknown(bill.amount_gross_minor, bill.currency),
      },
    ],
  });

const rateTable = (items: RequestOutput<typeof billingIngest.listFxRates>['rates']): Html =>
  table({
    caption: 'Exchange rates pinned for a period',
    empty: 'No rate is pinned, so no margin is known.',
    rows: items,
    columns: [
      { head: 'Period', isName: true, cell: ({ period }) => monthName(period) },
      { head: 'Rate', isFigure: true, cell: ({ from, to, rate }) => `1 ${from} = ${grouped(rate)} ${to}` },
      { head: 'Source', cell: ({ source }) => source },
      { head: 'Set', cell: ({ set_by, set_at }) => html`${time(set_at)}<small>by ${set_by}</small>` },
    ],
  });

/** The rates that others of the same month have replaced; nothing where there are none. */
const replacedRates = (items: RequestOutput<typeof billingIngest.listFxRates>['rates']): Html =>
  items.length === 0
    ? none
    : html`<details><summary>Replaced rates</summary>${table({
        caption: 'Exchange rates that were replaced, the latest first',
        empty: '',
        rows: items,
        columns: [
          { head: 'Period', isName: true, cell: ({ period }) => monthName(period) },
          { head: 'Rate', isFigure: true, cell: ({ from, to, rate }) => `1 ${from} = ${grouped(rate)} ${to}` },
          { head: 'Set', cell: ({ set_by, set_at }) => html`${time(set_at)}<small>by ${set_by}</small>` },
          {
            head: 'Replaced',
            cell: ({ replaced_by, replaced_at }) =>
              html`${replaced_at === null ? none : time(replaced_at)}<small>by ${replaced_by ?? ''}</small>`,
          },
        ],
      })}</details>`;

const rateForm = (bills: Listed, { version, attempt }: { version: string; attempt: Attempt | null }): Html =>
  disclosedForm(
    'Pin a rate',
    {
      name: 'rate',
      sends: billingIngest.putFxRates,
      action: '/bill/rates',
      attempt,
      version,
      submit: 'Pin the rate',
      fields: [
        { name: 'period', label: 'Period', hint: 'Such as 2026-04.', value: bills[0]?.period ?? '', isRequired: true },
        { name: 'from', label: 'From currency', value: bills[0]?.currency ?? 'USD', isRequired: true },
        { name: 'to', label: 'To currency', value: 'AUD', isRequired: true },
        {
          name: 'rate',
          label: 'Rate',
          hint: 'What one unit of the first is worth in the second, such as 1.52.',
          kind: 'number',
          isRequired: true,
        },
        { name: 'source', label: 'Source', hint: 'Where the rate comes from.' },
      ],
    },
    html`<p>The bills of the period are published again with the rate, and their margin becomes known.</p>`,
  );
