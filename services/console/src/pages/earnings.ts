import { addMonths, dayName, invoicing, monthName, type RequestOutput } from '@arcadia/contracts';
import type { Api } from '@arcadia/gateway-client';
import { type Html, html, none } from '../html/html.ts';
import { deploymentLink, resourceLink } from '../html/links.ts';
import { address } from '../html/list.ts';
import { cards, figureCard, table } from '../html/table.ts';
import { type Deployment, resourceNamesOf } from '../names-of.ts';
import { money, moneyOrUnknown, quantityText } from '../words/money.ts';
import { countOf, kindInWords, unitOfKind } from '../words/names.ts';

export type Earnings = RequestOutput<typeof invoicing.listResourceEarnings>;
type Row = Earnings['items'][number];

/** Rows that a page shows of one deployment. */
const shownRows = 200;

/** What a deployment's resources, or one of them, cost and earned in a month. */
export const readEarnings = (
  api: Api,
  of: { deployment_id: string; period: string; resource_id?: string },
): Promise<Earnings> => api.request(invoicing.listResourceEarnings, { ...of, limit: shownRows });

export type DeploymentEarnings = { running: Earnings; last: Earnings; names: ReadonlyMap<string, string> };

/** The present month of a deployment and the one before it, with the names of its resources. */
export const readDeploymentEarnings = async (api: Api, deployment_id: string): Promise<DeploymentEarnings> => {
  const [running, names] = await Promise.all([
    api.request(invoicing.listResourceEarnings, { deployment_id, limit: shownRows }),
    resourceNamesOf(api, { deployment_id }),
  ]);
  return { running, last: await readEarnings(api, { deployment_id, period: addMonths(running.period, -1) }), names };
};

/** The running cost of a deployment by the provider's list prices, and where it comes from. */
export const runningCost = (earnings: Earnings): Html => {
  const { totals, list_currency, usage_until, items } = earnings;
  if (items.length === 0)
    return figureCard({ name: 'Running cost', value: 'none yet', note: 'no day of this month is metered yet' });
  return figureCard({
    name: 'Running cost',
    value: moneyOrUnknown(list_currency === null ? null : totals.list_cost_cents, list_currency),
    note: html`this month’s usage${usage_until === null ? none : ` ${untilText(usage_until)}`} at the <a href="/catalog#list-prices">provider’s list prices</a>${unpricedText(totals.unpriced)}`,
  });
};

/** A fact that ends at midnight counts the day before. */
const untilText = (until: string): string =>
  until.slice(11, 19) === '00:00:00'
    ? `to ${dayName(Temporal.PlainDate.from(until.slice(0, 10)).subtract({ days: 1 }).toString())}`
    : `to ${dayName(until.slice(0, 10))}, ${until.slice(11, 16)} UTC`;

const unpricedText = (unpriced: number): string =>
  unpriced === 0 ? '' : `, without ${countOf(unpriced, 'quantity', 'quantities')} whose list price is not known`;

/** What one resource cost and earned in a month, over the deployments that it belonged to in it. */
export const earningsOfResource = (
  all: readonly Earnings[],
  { period, names }: { period: string; names: ReadonlyMap<string, Deployment> },
): Html => {
  const rows = all.flatMap((earnings) => earnings.items.map((row) => ({ ...row, earnings })));
  if (rows.length === 0)
    return html`<p class="empty">No whole day of it has been metered for a deployment in this month.</p>`;
  const invoiced = all.filter(({ currency }) => currency !== null);
  const currency = invoiced[0]?.currency ?? null;
  const list_currency = all.find((earnings) => earnings.list_currency !== null)?.list_currency ?? null;
  const unpriced = all.reduce((sum, { totals }) => sum + totals.unpriced, 0);
  return html`${cards([
    figureCard({
      name: 'Cost by list prices',
      value: moneyOrUnknown(
        all.reduce((sum, { totals }) => sum + totals.list_cost_cents, 0),
        list_currency,
      ),
      note: html`what it used, at the <a href="/catalog#list-prices">provider’s list prices</a>${unpricedText(unpriced)}`,
    }),
    figureCard({
      name: 'Earned',
      value: moneyOrUnknown(
        invoiced.reduce((sum, { totals }) => sum + (totals.earned_cents ?? 0), 0),
        currency,
      ),
      note:
        currency === null
          ? `${monthName(period)} is not invoiced yet`
          : html`its shares of the <a href="${address('/invoices', { period, tenant: tenantOf(invoiced, names) })}">invoice lines</a> of its usage, without tax`,
    }),
  ])}
${table({
  caption: `What it used, cost and earned in ${monthName(period)}`,
  empty: '',
  rows,
  columns: [
    { head: 'Usage', isName: true, cell: ({ kind }) => kindInWords(kind) },
    { head: 'For', cell: ({ earnings }) => deploymentLink(earnings.deployment_id, names) },
    { head: 'Quantity', isFigure: true, cell: ({ qty, kind }) => quantityText(qty, unitOfKind(kind)) },
    ...moneyColumns<(typeof rows)[number]>(({ earnings }) => earnings),
  ],
})}
${wholeNotes(invoiced, names)}`;
};

/** The tenant of the deployments; nothing where they are of several. */
const tenantOf = (all: readonly Earnings[], names: ReadonlyMap<string, Deployment>): string => {
  const tenants = new Set(all.map(({ deployment_id }) => names.get(deployment_id)?.tenant_id ?? ''));
  return tenants.size === 1 ? ([...tenants][0] ?? '') : '';
};

const moneyColumns = <Of extends Row>(earningsOf: (row: Of) => Earnings) => [
  {
    head: 'Cost by list prices',
    isFigure: true,
    cell: (row: Of) => moneyOrUnknown(row.list_cost_cents, earningsOf(row).list_currency),
  },
  {
    head: 'Earned',
    isFigure: true,
    cell: (row: Of) => moneyOrUnknown(row.earned_cents, earningsOf(row).currency),
  },
];

/** What the deployments earned that is of no resource, because no usage is behind it. */
const wholeNotes = (all: readonly Earnings[], names: ReadonlyMap<string, Deployment>): Html =>
  html`${all.map(({ deployment_id, totals, currency }) =>
    totals.whole_cents === null || currency === null || totals.whole_cents === 0
      ? none
      : html`<p class="quiet">${deploymentLink(deployment_id, names)} also earned ${money(totals.whole_cents, currency)} as a whole: the price of its plan with the quantities it includes, addons and discounts. No single resource earned that.</p>`,
  )}`;

/** What each resource of a deployment cost and earned in a month. */
export const earningsTable = (earnings: Earnings, names: ReadonlyMap<string, string>): Html => {
  const { items, totals, currency, list_currency, period, next_cursor } = earnings;
  return html`${table({
    caption: `What each resource cost and earned in ${monthName(period)}`,
    empty: `Nothing was metered in ${monthName(period)}.`,
    rows: items,
    columns: [
      {
        head: 'Resource',
        isName: true,
        cell: ({ resource_id }) =>
          resource_id === null ? 'Reported usage' : resourceLink(resource_id, names.get(resource_id) ?? null),
      },
      { head: 'Usage', cell: ({ kind }) => kindInWords(kind) },
      { head: 'Quantity', isFigure: true, cell: ({ qty, kind }) => quantityText(qty, unitOfKind(kind)) },
      ...moneyColumns<Row>(() => earnings),
    ],
    ...(items.length === 0
      ? {}
      : {
          total: [
            'Together',
            '',
            '',
            moneyOrUnknown(list_currency === null ? null : totals.list_cost_cents, list_currency),
            moneyOrUnknown(totals.earned_cents, currency),
          ],
        }),
  })}
${next_cursor === null ? none : html`<p class="quiet">These are the first ${String(shownRows)} rows; the sums are of all.</p>`}
${
  totals.whole_cents === null || currency === null
    ? none
    : html`<p class="quiet">The deployment also earned ${money(totals.whole_cents, currency)} as a whole: the price of its plan with the quantities it includes, addons and discounts.${totals.earned_cents === null ? none : html` Both are ${money(totals.whole_cents + totals.earned_cents, currency)}, as in the <a href="${address('/margin', { period, group_by: 'deployment' })}">margin by deployment</a>.`}</p>`
}`;
};
