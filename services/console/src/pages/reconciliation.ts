import { addMonths, billingIngest, Decimal, gateway, monthName, type RequestOutput } from '@arcadia/contracts';
import type { Api } from '@arcadia/gateway-client';
import type { HttpApp } from '../context.ts';
import { barChart } from '../html/chart.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink, resourceLink } from '../html/links.ts';
import { address, filters, pager } from '../html/list.ts';
import { part, shown } from '../html/part.ts';
import { cards, figureCard, section, table } from '../html/table.ts';
import { type Deployment, deploymentsOf } from '../names-of.ts';
import { grouped, money, moneyOrUnknown } from '../words/money.ts';
import { countOf, inWords } from '../words/names.ts';
import { filled } from './invoices.ts';
import { readWithoutPayer, withoutPayerSection } from './without-payer.ts';

type Answer = RequestOutput<typeof billingIngest.getReconciliation>;
type Finding = Answer['items'][number];

const words: Record<Finding['finding'], string> = {
  bill_differs: 'Bill differs from its lines',
  billed_not_metered: 'Billed, not metered',
  metered_not_billed: 'Metered, not billed',
  hours_differ: 'Hours differ',
  unattributed: 'Billed, of no deployment',
};

const remedies: Record<Finding['finding'], string> = {
  bill_differs: 'Open the bill: read it again, or accept the difference with a reason.',
  billed_not_metered:
    'Check whether the resource existed in the month: sync the inventory, or attribute it from an earlier instant.',
  metered_not_billed: 'The provider may bill it later, or under another name; match the bill again.',
  hours_differ: 'Compare the states of the resource with the hours on the bill.',
  unattributed: 'Attribute the resource to a deployment, from an instant within the month.',
};

export const registerReconciliation = (app: HttpApp): void => {
  app.get('/reconciliation', async (c) => {
    const api = c.get('api');
    const query = c.req.query();
    const period = /^\d{4}-\d\d$/.test(query['period'] ?? '')
      ? (query['period'] ?? '')
      : await lastBilled(c.get('api'));
    const [found, unpaid] = await Promise.all([
      api.request(billingIngest.getReconciliation, {
        period,
        limit: 100,
        ...filled({ finding: query['finding'], cursor: query['cursor'] }),
      } as never),
      part(readWithoutPayer(api, period)),
    ]);
    const names = await deploymentsOf(
      api,
      found.items.map(({ deployment_id }) => deployment_id),
    );
    return show(c, {
      title: 'Reconciliation',
      current: '/reconciliation',
      lead: html`${monthName(period)}: what the provider billed beside what was metered. <a href="${address('/reconciliation', { period: addMonths(period, -1) })}">Month before</a> · <a href="${address('/reconciliation', { period: addMonths(period, 1) })}">Month after</a>`,
      body: html`${filters(
        '/reconciliation',
        [
          { name: 'period', label: 'Month', type: 'month' },
          { name: 'finding', label: 'Difference', choices: Object.entries(words) },
        ],
        { ...query, period },
      )}
${found.has_invoice ? none : html`<p class="missing" role="status">The bill of ${monthName(period)} has not been read, so there is nothing to compare with yet. <a href="/bill">Provider bill</a></p>`}
${found.summary.length === 0 ? none : cards(found.summary.map((each) => figureCard({ name: words[each.finding as Finding['finding']] ?? each.finding, value: money(each.amount_cents, found.currency), note: countOf(each.count, each.finding === 'bill_differs' ? 'bill' : 'resource'), href: address('/reconciliation', { period, finding: each.finding }) })))}
${found.has_invoice ? section('Differences', html`${picture(found)}${findingTable(found, names)}${pager('/reconciliation', { ...query, period }, found.next_cursor)}`) : none}
${shown(unpaid, withoutPayerSection)}`,
    });
  });
};

/** The newest period with a bill, else the month before the present one. */
const lastBilled = async (api: Api): Promise<string> => {
  const { items } = await api.request(billingIngest.listProviderInvoices, { limit: 1 });
  if (items[0] !== undefined) return items[0].period;
  const { now } = await api.request(gateway.getCaller, {});
  return addMonths(now.slice(0, 7), -1);
};

/** The hours of both sides of the resources that differ. */
const picture = ({ items, period }: Answer): Html => {
  const shownItems = items
    .filter(({ billed_hours, metered_hours }) => billed_hours !== null || metered_hours !== null)
    .slice(0, 20);
  if (shownItems.length === 0) return none;
  const bar = (hours: string | null, tone: 'one' | 'three', side: string, name: string) => ({
    value: new Decimal(hours ?? '0').toNumber(),
    tone,
    title: `${name}: ${hours ?? 'no'} hours ${side}`,
  });
  return barChart({
    id: 'hours',
    caption: `Billed and metered hours of ${monthName(period)}`,
    unit: 'hours',
    tick: (value) => grouped(String(value)),
    legend: [
      { tone: 'one', words: 'Billed hours' },
      { tone: 'three', words: 'Metered hours' },
    ],
    groups: shownItems.map((item) => {
      const name = item.name ?? 'unknown';
      return {
        label: name.length > 12 ? `${name.slice(0, 11)}…` : name,
        bars: [bar(item.billed_hours, 'one', 'billed', name), bar(item.metered_hours, 'three', 'metered', name)],
      };
    }),
  });
};

const findingTable = ({ items, currency }: Answer, names: ReadonlyMap<string, Deployment>): Html =>
  table<Finding>({
    caption: 'Differences between the bill and what was metered',
    empty: 'The bill and the metered usage agree.',
    rows: items,
    columns: [
      {
        head: 'Resource',
        isName: true,
        cell: ({ resource_id, name, kind }) =>
          html`${resource_id === null ? (name ?? 'unknown') : resourceLink(resource_id, name)}<small>${inWords(kind)}</small>`,
      },
      {
        head: 'Difference',
        cell: ({ finding, detail }) =>
          html`${words[finding]}<small>${detail}</small><small>${remedies[finding]}</small>`,
      },
      { head: 'Deployment', cell: ({ deployment_id }) => deploymentLink(deployment_id, names) },
      {
        head: 'Billed hours',
        isFigure: true,
        cell: ({ billed_hours }) => (billed_hours === null ? 'none' : grouped(billed_hours)),
      },
      {
        head: 'Metered hours',
        isFigure: true,
        cell: ({ metered_hours }) => (metered_hours === null ? 'none' : grouped(metered_hours)),
      },
      { head: 'Worth', isFigure: true, cell: ({ amount_cents }) => moneyOrUnknown(amount_cents, currency) },
    ],
  });
