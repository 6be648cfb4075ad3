import { type gateway, monthName, type RequestOutput } from '@arcadia/contracts';
import { decimalMoney, money, moneyOrUnknown, percent } from '../words/money.ts';
import { countOf, listed } from '../words/names.ts';
import { type Html, html, joined, none } from './html.ts';
import { cards, figureCard } from './table.ts';

type Overview = RequestOutput<typeof gateway.getOverview>;

/** The figures of the first page: the money of the newest months, and what runs. Parts that are missing are named. */
export const overviewCards = (overview: Overview): Html =>
  html`${
    overview.unavailable.length === 0
      ? none
      : html`<p class="missing" role="status"><strong>Some figures are missing at the moment.</strong> ${listed(overview.unavailable)} ${overview.unavailable.length === 1 ? 'does' : 'do'} not answer. <a href="">Read the page again</a></p>`
  }${cards([...moneyCards(overview), ...fleetCards(overview), ...workCards(overview)])}`;

const moneyCards = ({ margins, receivables }: Overview): Html[] => {
  const [newest] = margins ?? [];
  const known = (margins ?? []).find(({ margin_cents }) => margin_cents !== null);
  const overdue = (receivables?.currencies ?? []).map(({ currency, total_cents, not_due_cents }) =>
    money(total_cents - not_due_cents, currency),
  );
  return [
    ...(newest === undefined
      ? []
      : [
          figureCard({
            name: `Revenue of ${monthName(newest.period)}`,
            value: moneyOrUnknown(newest.revenue_cents, newest.currency),
            note: 'without tax',
            href: `/invoices?period=${newest.period}`,
          }),
          figureCard({
            name: `Provider cost of ${monthName(newest.period)}`,
            value: moneyOrUnknown(newest.cost_cents, newest.currency),
            note:
              newest.cost_cents === null
                ? 'The bill or its exchange rate is missing.'
                : 'customers, own use and unallocated',
            href: '/bill',
          }),
        ]),
    ...(known === undefined ? [] : [marginCard(known)]),
    ...(receivables === null
      ? []
      : [
          figureCard({
            name: 'Overdue',
            value: overdue.length === 0 ? 'nothing' : joined(overdue, ', '),
            note: 'due from tenants and not paid in time',
            href: '/tenants?state=overdue',
          }),
        ]),
  ];
};

const marginCard = ({
  period,
  margin_cents,
  revenue_cents,
  currency,
}: NonNullable<Overview['margins']>[number]): Html =>
  figureCard({
    name: `Margin of ${monthName(period)}`,
    value: moneyOrUnknown(margin_cents, currency),
    note: revenue_cents === 0 ? '' : `${percent(String(((margin_cents ?? 0) * 100) / revenue_cents))} of revenue`,
    href: `/margin?period=${period}`,
  });

const fleetCards = ({ inventory, provisioning, drift }: Overview): Html[] => {
  const live = (provisioning?.deployments ?? []).filter(({ state }) => state !== 'archived');
  return [
    ...(inventory === null
      ? []
      : [
          figureCard({
            name: 'Resources',
            value: inventory.resources.toLocaleString('en'),
            note: `${inventory.unattributed.toLocaleString('en')} of no deployment, ${inventory.unowned.toLocaleString('en')} unowned`,
            href: inventory.unattributed > 0 ? '/inventory/unattributed' : '/inventory',
          }),
        ]),
    ...(provisioning === null
      ? []
      : [
          figureCard({
            name: 'Deployments',
            value: live.reduce((sum, { deployments }) => sum + deployments, 0).toLocaleString('en'),
            note: `${countOf(provisioning.sagas_running, 'saga')} running, ${provisioning.sagas_failed} failed`,
            href: '/deployments',
          }),
        ]),
    ...(drift === null
      ? []
      : [
          figureCard({
            name: 'Open drift',
            value: drift.open.toLocaleString('en'),
            note:
              drift.monthly_costs.length === 0
                ? 'without a known cost'
                : html`${joined(
                    drift.monthly_costs.map(({ amount, currency }) => decimalMoney(amount, currency)),
                    ', ',
                  )} a month`,
            href: '/drift',
          }),
        ]),
  ];
};

const workCards = ({ bills, jobs, unavailable }: Overview): Html[] => {
  const open = (bills?.statuses ?? [])
    .filter(({ status }) => status === 'unreconciled' || status === 'refused')
    .reduce((sum, { invoices }) => sum + invoices, 0);
  const isQuiet = jobs.dead_letters === 0 && jobs.not_ready.length === 0 && unavailable.length === 0;
  return [
    ...(bills === null
      ? []
      : [
          figureCard({
            name: 'Unreconciled bills',
            value: String(open),
            note:
              bills.newest_period === null ? 'no bill yet' : `the newest bill is of ${monthName(bills.newest_period)}`,
            href: '/bill',
          }),
        ]),
    figureCard({
      name: 'System',
      value: isQuiet ? 'works' : 'needs a look',
      note: `${countOf(jobs.waiting, 'job')} waiting, ${countOf(jobs.dead_letters, 'dead letter')}`,
      href: '/system',
    }),
  ];
};
