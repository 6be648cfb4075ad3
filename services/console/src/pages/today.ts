import {
  billingIngest,
  drift,
  gateway,
  inventorySync,
  invoicing,
  metering,
  monthName,
  provisioning,
  type RequestOutput,
} from '@arcadia/contracts';
import type { Api } from '@arcadia/gateway-client';
import type { HttpContext } from '../context.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { overviewCards } from '../html/overview-cards.ts';
import { part, shown } from '../html/part.ts';
import { section } from '../html/table.ts';
import { monthlySum } from '../words/drift.ts';
import { money } from '../words/money.ts';
import { countOf, inSentence, inWords, listed, sagaInWords } from '../words/names.ts';

/** Something that needs a person: a sentence, the money at stake, and the one action that fixes it. */
type Task = { text: Html | string; money?: Html | string; action: string; href: string };

type Margin = RequestOutput<typeof invoicing.getMargin>;

/** As many as one request returns; of more, "200 or more" is shown. */
const atMost = 200;

export const today = async (c: HttpContext): Promise<Response> => {
  const api = c.get('api');
  const [overview, ...found] = await Promise.all([
    part(api.request(gateway.getOverview, {})),
    ...Object.values(sources).map((find) => part(find(api))),
  ]);
  const faults = found.flatMap((each) => ('fault' in each ? [each.fault.detail] : []));
  const tasks = found.flatMap((each) => ('value' in each ? each.value : []));
  return show(c, {
    title: 'Today',
    live: [
      'sweep.parked',
      'drift.detected',
      'drift.closed',
      'saga.changed',
      'invoice.overdue',
      'invoice.paid',
      'period.closed',
      'invoice.ingested',
    ],
    current: '/',
    body: html`${shown(overview, overviewCards)}
${faults.length === 0 ? none : html`<p class="missing" role="status"><strong>This list is not complete at the moment.</strong> ${listed([...new Set(faults)])} <a href="">Read the page again</a></p>`}
${section(tasks.length === 0 ? 'Nothing needs you' : `${countOf(tasks.length, 'matter')} ${tasks.length === 1 ? 'needs' : 'need'} you`, taskList(tasks))}`,
  });
};

const taskList = (tasks: readonly Task[]): Html =>
  tasks.length === 0
    ? html`<p class="empty">Every period is closed and invoiced, every bill agrees, and every resource is as it should be.</p>`
    : html`<ul class="todo">${tasks.map(
        (task) =>
          html`<li><p>${task.text} <a href="${task.href}">${task.action}</a></p>${task.money === undefined ? none : html`<span class="amount">${task.money}</span>`}</li>`,
      )}</ul>`;

type Month = { period: string; revenue: number; cost: number | null; margin: number | null };

/** Revenue, cost and margin of each month over all targets, oldest first; null where a part is not known. */
export const monthsOf = (rows: Margin['items']): Month[] =>
  [...Map.groupBy(rows, ({ period }) => period)]
    .map(([period, own]) => {
      const revenue = own.reduce((sum, row) => sum + row.revenue_cents, 0);
      const costs = own.map(({ cost_cents }) => cost_cents);
      const cost = costs.some((each) => each === null)
        ? null
        : costs.reduce<number>((sum, each) => sum + (each ?? 0), 0);
      return { period, revenue, cost, margin: cost === null ? null : revenue - cost };
    })
    .toSorted((a, b) => (a.period < b.period ? -1 : 1));

const some = (items: readonly unknown[], one: string, many?: string): string =>
  items.length >= atMost ? `${atMost} or more ${many ?? `${one}s`}` : countOf(items.length, one, many);

/** Where the tasks come from. Each source is read by itself, so one that does not answer hides no other. */
const sources: Record<string, (api: Api) => Promise<Task[]>> = {
  parkedSweeps: async (api) => {
    const { kinds } = await api.request(inventorySync.getSyncState, {});
    const parked = kinds.flatMap(({ parked: sweep }) => (sweep === null ? [] : [sweep]));
    const broken = kinds.filter(({ is_ok, parked: sweep, last }) => !is_ok && sweep === null && last !== null);
    return [
      ...parked.map((sweep) => ({
        text: `A listing of ${inSentence(inWords(sweep.kind))}s waits for you: ${countOf(sweep.missing, 'resource')} would count as deleted.`,
        action: 'Review the listing',
        href: '/inventory/syncs',
      })),
      ...(broken.length === 0
        ? []
        : [
            {
              text: `The inventory of ${listed(broken.map(({ kind }) => inSentence(inWords(kind))))} is not complete.`,
              action: 'See why',
              href: '/inventory/syncs',
            },
          ]),
    ];
  },
  bills: async (api) => {
    const pages = await Promise.all(
      (['unreconciled', 'refused'] as const).map((status) =>
        api.request(billingIngest.listProviderInvoices, { status, limit: atMost }),
      ),
    );
    return pages.flatMap(({ items }) =>
      items.map((bill) => ({
        text:
          bill.status === 'refused'
            ? `The provider’s bill of ${monthName(bill.period)} could not be read.`
            : `The totals of the provider’s bill of ${monthName(bill.period)} do not agree.`,
        ...(bill.difference_minor === null ? {} : { money: money(bill.difference_minor, bill.currency) }),
        action: 'Open the bill',
        href: `/bill/${bill.invoice_uuid}`,
      })),
    );
  },
  periods: async (api) => {
    const { items } = await api.request(metering.listPeriods, { limit: 24 });
    return items
      .filter(({ status, missing }) => status !== 'closed' && missing.length > 0)
      .map(({ period, missing }) => ({
        text: `${monthName(period)} cannot be closed: ${missing[0] ?? ''}${missing.length > 1 ? ` (and ${missing.length - 1} more)` : ''}`,
        action: 'See what is missing',
        href: `/periods/${period}`,
      }));
  },
  rates: async (api) => {
    const { fx } = await api.request(invoicing.getMargin, { group_by: 'period' });
    return fx
      .filter(({ rate }) => rate === null)
      .map(({ period, from, to }) => ({
        text: `${monthName(period)} has a bill but no exchange rate from ${from} to ${to}, so its margin is not known.`,
        action: 'Pin the rate',
        href: `/bill?period=${period}#rates`,
      }));
  },
  losses: async (api) => {
    const { items, currency } = await api.request(invoicing.getMargin, { group_by: 'tenant', limit: atMost });
    const newest = items
      .filter(({ margin_cents }) => margin_cents !== null)
      .map(({ period }) => period)
      .toSorted()
      .at(-1);
    return items
      .filter(
        (row) =>
          row.period === newest && row.target === 'customer' && row.tenant_id !== null && (row.margin_cents ?? 0) < 0,
      )
      .map((row) => ({
        text: html`Tenant <strong>${row.tenant_id}</strong> made a loss in ${monthName(row.period)}.`,
        money: currency === null ? '' : money(row.margin_cents ?? 0, currency),
        action: 'See why',
        href: `/margin?period=${row.period}&tenant=${row.tenant_id}&group_by=deployment`,
      }));
  },
  unallocated: async (api) => {
    const { items, provider_currency, currency } = await api.request(invoicing.getMargin, {
      group_by: 'period',
      limit: atMost,
    });
    const open = items.filter(
      ({ target, cost_provider_cents }) => target === 'unallocated' && (cost_provider_cents ?? 0) !== 0,
    );
    const last = open.toSorted((a, b) => (a.period < b.period ? 1 : -1))[0];
    const shownCurrency = provider_currency ?? currency;
    if (last === undefined || shownCurrency === null) return [];
    return [
      {
        text: `Cost of ${monthName(last.period)} is assigned to no tenant and not to your own use.`,
        money: money(last.cost_provider_cents ?? 0, shownCurrency),
        action: 'See which lines',
        href: `/bill?period=${last.period}`,
      },
    ];
  },
  withoutPayer: async (api) => {
    const { totals, period, list_currency } = await api.request(invoicing.listWithoutPayer, { limit: 1 });
    if (totals.deployments === 0) return [];
    return [
      {
        text: `${countOf(totals.deployments, 'deployment')} ${totals.deployments === 1 ? 'uses' : 'use'} resources in ${monthName(period)} without a subscription, so no tenant pays.`,
        ...(list_currency === null ? {} : { money: money(totals.list_cost_cents, list_currency) }),
        action: 'See which',
        href: `/reconciliation?period=${period}#without-payer`,
      },
    ];
  },
  unattributed: async (api) => {
    const { items } = await api.request(inventorySync.listUnattributed, { limit: atMost });
    if (items.length === 0) return [];
    const kinds = [...Map.groupBy(items, ({ kind }) => kind)].map(
      ([kind, own]) => `${own.length} × ${inSentence(inWords(kind))}`,
    );
    return [
      {
        text: `${some(items, 'resource')} ${items.length === 1 ? 'belongs' : 'belong'} to no deployment, so no tenant pays: ${listed(kinds)}.`,
        action: 'Attribute them',
        href: '/inventory/unattributed',
      },
    ];
  },
  overdue: async (api) => {
    const { items } = await api.request(invoicing.listTenants, { is_overdue: 'true', limit: atMost });
    return items.map((tenant) => ({
      text: html`<strong>${tenant.name}</strong> has ${countOf(tenant.overdue_invoices, 'overdue invoice')}.`,
      money: money(tenant.overdue_cents, tenant.currency),
      action: 'Open the account',
      href: `/tenants/${tenant.tenant_id}`,
    }));
  },
  drift: async (api) => {
    const { items } = await api.request(drift.listDrift, { limit: atMost });
    if (items.length === 0) return [];
    const sums = monthlySum(items);
    return [
      {
        text: `${some(items, 'difference')} between the expected and the actual state of resources.`,
        ...(sums === null ? {} : { money: html`${sums} <span class="quiet">a month</span>` }),
        action: 'Open the drift inbox',
        href: '/drift',
      },
    ];
  },
  sagas: async (api) => {
    const { items } = await api.request(provisioning.listSagas, { status: 'failed', limit: 20 });
    return items.map((saga) => ({
      text: `“${sagaInWords(saga.kind)}” failed and was not undone.`,
      action: 'Open the saga',
      href: `/sagas/${saga.saga_id}`,
    }));
  },
  runs: async (api) => {
    const pages = await Promise.all(
      (['failed', 'refused'] as const).map((status) => api.request(invoicing.listInvoiceRuns, { status, limit: 20 })),
    );
    return pages.flatMap(({ items }) =>
      items.map((run) => ({
        text: html`The invoice of <strong>${run.tenant_id}</strong> for ${monthName(run.period)} was not made: ${run.detail ?? run.status}`,
        action: 'Open the period',
        href: `/periods/${run.period}`,
      })),
    );
  },
  deadLetters: async (api) => {
    const { items } = await api.request(gateway.listDeadLetters, { limit: 20 });
    const services = [...new Set(items.map(({ service }) => service))];
    return items.length === 0
      ? []
      : [
          {
            text: `${countOf(items.length, 'message or job', 'messages or jobs')} of ${listed(services)} failed for the last time.`,
            action: 'See why',
            href: '/system',
          },
        ];
  },
  receivables: async (api) => {
    const { items } = await api.request(invoicing.listReceivables, { status: 'pending', limit: atMost });
    const stuck = items.filter(({ last_error }) => last_error !== null);
    return stuck.length === 0
      ? []
      : [
          {
            text: `${some(stuck, 'document')} could not be pushed to the finance system: ${stuck[0]?.last_error ?? ''}`,
            action: 'See the system',
            href: '/system',
          },
        ];
  },
};
