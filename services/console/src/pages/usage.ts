import {
  addMonths,
  Decimal,
  dayName,
  daysOf,
  gateway,
  metering,
  monthName,
  periodInterval,
  type RequestOutput,
} from '@arcadia/contracts';
import type { HttpApp, HttpContext } from '../context.ts';
import { barChart, type Tone } from '../html/chart.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink, resourceLink, tenantLink } from '../html/links.ts';
import { address, filters } from '../html/list.ts';
import { part, shown, valueOf } from '../html/part.ts';
import { section, table } from '../html/table.ts';
import { type Deployment, deploymentsOf, resourceNamesOf } from '../names-of.ts';
import { quantityText, shownQuantity } from '../words/money.ts';
import { countOf, kindInWords, unitInWords, unitOfKind } from '../words/names.ts';
import { shortDay } from '../words/time.ts';
import { filled } from './invoices.ts';

type Sum = RequestOutput<typeof metering.listUsage>['items'][number];

/** Rows of the tables by deployment and by resource. */
const rowsAtMost = 200;

/** Usage of a month: by day as a chart, and by kind, deployment and resource as tables. */
export const registerUsage = (app: HttpApp): void => {
  app.get('/usage', (c) => usagePage(c));
};

const usagePage = async (c: HttpContext): Promise<Response> => {
  const api = c.get('api');
  const query = c.req.query();
  const isOperator = c.get('session').person.tenantId === null;
  const { now } = await api.request(gateway.getCaller, {});
  const period = /^\d{4}-(0[1-9]|1[0-2])$/.test(query['period'] ?? '') ? (query['period'] ?? '') : now.slice(0, 7);
  const { start, end } = periodInterval(period);
  const filter = {
    from: start.toString(),
    to: end.toString(),
    ...filled({ tenant_id: query['tenant']?.trim(), deployment_id: query['deployment'] }),
  };
  const [kinds, deployments] = await Promise.all([
    part(api.list(metering.listUsage, { ...filter, group_by: 'kind' } as never)),
    part(api.request(metering.listUsage, { ...filter, group_by: 'deployment', limit: rowsAtMost } as never)),
  ]);
  const known = (valueOf(kinds) ?? []) as Sum[];
  const kind =
    query['kind'] || (known.find((row) => row.kind === 'droplet_hours') ?? known[0])?.kind || 'droplet_hours';
  const [days, resources, resourceNames] = await Promise.all([
    part(api.list(metering.listUsage, { ...filter, kind, group_by: 'day' } as never)),
    part(api.request(metering.listUsage, { ...filter, kind, group_by: 'resource', limit: rowsAtMost } as never)),
    resourceNamesOf(api, filled({ deployment_id: query['deployment'] })),
  ]);
  const names = await deploymentsOf(
    api,
    [...(valueOf(deployments)?.items ?? []), ...(valueOf(resources)?.items ?? [])].map(
      ({ deployment_id }) => deployment_id,
    ),
  );
  const at = (changes: Record<string, string | undefined>): string =>
    address('/usage', {
      period,
      tenant: query['tenant'],
      deployment: query['deployment'],
      kind: query['kind'],
      ...changes,
    });
  return show(c, {
    title: 'Usage',
    current: '/usage',
    lead: html`${monthName(period)} · <a href="${at({ period: addMonths(period, -1) })}">Month before</a>${period < now.slice(0, 7) ? html` · <a href="${at({ period: addMonths(period, 1) })}">Month after</a>` : none}`,
    body: html`${filters(
      '/usage',
      [
        { name: 'period', label: 'Month', type: 'month', placeholder: '2026-04' },
        ...(isOperator ? [{ name: 'tenant', label: 'Tenant', placeholder: 'id' }] : []),
        { name: 'kind', label: 'Kind', choices: known.map((row) => [row.kind, kindInWords(row.kind)] as const) },
      ],
      { ...query, period, kind },
    )}
${section(
  `${kindInWords(kind)} by day`,
  shown(days, (rows) => dayChart(rows as Sum[], { period, kind, now })),
)}
${section(
  'By kind',
  shown(kinds, (rows) => kindTable(rows as Sum[], (value) => at({ kind: value }))),
)}
${section(
  'By deployment',
  shown(deployments, ({ items }) => deploymentTable(items, names, isOperator)),
)}
${section(
  `${kindInWords(kind)} by resource`,
  shown(resources, ({ items }) => resourceTable(items, names, resourceNames)),
)}`,
  });
};

/** One bar for each day, also for days without usage; days that are not over yet are left out. */
const dayChart = (rows: readonly Sum[], { period, kind, now }: { period: string; kind: string; now: string }): Html => {
  const unit = rows[0]?.unit ?? unitOfKind(kind);
  const byDay = new Map(rows.map((row) => [row.period_start?.slice(0, 10) ?? '', row]));
  const days = daysOf(period).filter((day) => `${day}T00:00:00Z` <= now);
  const tone: Tone = 'one';
  return html`${barChart({
    id: 'days',
    caption: `${kindInWords(kind)} by day in ${monthName(period)}`,
    legend: [],
    unit: unitInWords(unit, ''),
    tick: (value) => shownQuantity(String(value)),
    groups: days.map((day) => {
      const quantity = byDay.get(day)?.quantity ?? '0';
      // The height of a bar is drawn, never added up.
      return {
        label: shortDay(day),
        bars: [
          { value: new Decimal(quantity).toNumber(), tone, title: `${dayName(day)}: ${quantityText(quantity, unit)}` },
        ],
      };
    }),
  })}
<details><summary>The figures by day</summary>${table({
    caption: `${kindInWords(kind)} by day`,
    empty: 'No day of this month has begun.',
    rows: days,
    columns: [
      {
        head: 'Day',
        isName: true,
        cell: (day) =>
          html`${dayName(day)}${byDay.get(day)?.is_live === true ? html` <span class="quiet">up to now</span>` : none}`,
      },
      { head: 'Quantity', isFigure: true, cell: (day) => quantityText(byDay.get(day)?.quantity ?? '0', unit) },
    ],
    total: [
      'Sum',
      quantityText(
        rows
          .reduce((sum, { quantity }) => sum.plus(quantity), new Decimal(0))
          .toDecimalPlaces(9)
          .toFixed(),
        unit,
      ),
    ],
  })}</details>`;
};

const kindTable = (rows: readonly Sum[], addressOf: (kind: string) => string): Html =>
  table({
    caption: 'Usage by kind',
    empty: 'Nothing was used in this month.',
    rows,
    columns: [
      { head: 'Kind', isName: true, cell: ({ kind }) => html`<a href="${addressOf(kind)}">${kindInWords(kind)}</a>` },
      { head: 'Quantity', isFigure: true, cell: ({ quantity, unit }) => quantityText(quantity, unit) },
      {
        head: 'From',
        cell: ({ records, is_live }) =>
          records === 0 && is_live
            ? 'what runs now'
            : `${countOf(records, 'fact')}${is_live ? ', and what runs now' : ''}`,
      },
    ],
  });

const deploymentTable = (rows: readonly Sum[], names: ReadonlyMap<string, Deployment>, isOperator: boolean): Html =>
  table({
    caption: 'Usage by deployment and kind',
    empty: 'No deployment used anything in this month.',
    rows,
    columns: [
      { head: 'Deployment', isName: true, cell: ({ deployment_id }) => deploymentLink(deployment_id, names) },
      ...(isOperator ? [{ head: 'Tenant', cell: ({ tenant_id }: Sum) => tenantLink(tenant_id) }] : []),
      { head: 'Kind', cell: ({ kind }) => kindInWords(kind) },
      { head: 'Quantity', isFigure: true, cell: ({ quantity, unit }) => quantityText(quantity, unit) },
      {
        head: 'Included',
        isFigure: true,
        cell: ({ included_per_month, unit }) =>
          included_per_month === null ? '' : quantityText(included_per_month, unit),
      },
    ],
  });

const resourceTable = (
  rows: readonly Sum[],
  names: ReadonlyMap<string, Deployment>,
  resources: ReadonlyMap<string, string>,
): Html =>
  table({
    caption: 'Usage by resource',
    empty: 'No resource used it in this month.',
    rows,
    columns: [
      {
        head: 'Resource',
        isName: true,
        cell: ({ resource_id }) =>
          resource_id === null ? 'Reported usage' : resourceLink(resource_id, resources.get(resource_id) ?? null),
      },
      { head: 'Deployment', cell: ({ deployment_id }) => deploymentLink(deployment_id, names) },
      { head: 'Quantity', isFigure: true, cell: ({ quantity, unit }) => quantityText(quantity, unit) },
    ],
  });
