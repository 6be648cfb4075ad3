import { Decimal, invoicing, metering, monthName, type RequestOutput } from '@arcadia/contracts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink, invoiceLink, resourceLink, tenantLink } from '../html/links.ts';
import { pager } from '../html/list.ts';
import { runningWork } from '../html/running-work.ts';
import { section, table } from '../html/table.ts';
import { type Deployment, deploymentsOf } from '../names-of.ts';
import { money, quantityText } from '../words/money.ts';
import { countOf, kindInWords, unitOfKind } from '../words/names.ts';
import { time } from '../words/time.ts';
import { works } from '../work.ts';
import { filled } from './invoices.ts';

type Checked = RequestOutput<typeof invoicing.listInvoiceProofs>['items'][number];
type Difference = RequestOutput<typeof metering.listReplayDifferences>['items'][number];

/** One proof and one replay: each difference in a sentence, or with both sides. */
export const registerChecks = (app: HttpApp): void => {
  app.get('/proofs/:id', (c) => proofPage(c));
  app.get('/replays/:id', (c) => replayPage(c));
};

const proofPage = async (c: HttpContext): Promise<Response> => {
  const api = c.get('api');
  const proof_id = c.req.param('id') ?? '';
  const cursor = filled({ cursor: c.req.query('cursor') });
  const [proof, page, work] = await Promise.all([
    api.request(invoicing.getProof, { proof_id }),
    api.request(invoicing.listInvoiceProofs, { proof_id, limit: 100, ...cursor }),
    works.proof(api, proof_id),
  ]);
  // The currency of an amount is that of the tenant's invoice.
  const accounts = new Map(
    await Promise.all(
      page.items.slice(0, 50).map(async ({ tenant_id }) => {
        const account = await api.request(invoicing.getTenant, { tenant_id });
        return [tenant_id, account.currency] as const;
      }),
    ),
  );
  return show(c, {
    title: `Proof of ${monthName(proof.period)}`,
    live: ['proof.changed'],
    current: '/periods',
    crumbs: [
      ['Periods', '/periods'],
      [monthName(proof.period), `/periods/${proof.period}`],
    ],
    beside: badge(proof.status),
    lead: html`Started ${time(proof.started_at)} by ${proof.asked_by}. ${countOf(proof.tenants, 'tenant')} checked, ${proof.differing} with differences.${proof.detail === null ? none : html` ${proof.detail}`}`,
    body: html`${runningWork(work, { name: 'proof', about: proof_id, path: c.req.path, isExpected: proof.status === 'running' })}${section('By tenant', html`${proofTable(page.items, accounts)}${pager(c.req.path, c.req.query(), page.next_cursor)}`)}`,
  });
};

const proofTable = (items: readonly Checked[], currencies: ReadonlyMap<string, string>): Html => {
  const amount = (cents: number | null, tenant: string): Html | string =>
    cents === null ? 'none' : money(cents, currencies.get(tenant) ?? '');
  return table({
    caption: 'Each invoice as issued and as derived again',
    empty: 'No tenant has been checked yet.',
    rows: items,
    columns: [
      { head: 'Tenant', isName: true, cell: ({ tenant_id }) => tenantLink(tenant_id) },
      {
        head: 'Invoice',
        cell: ({ invoice_id, number }) => (invoice_id === null ? 'none' : invoiceLink(invoice_id, number)),
      },
      { head: 'Facts', isFigure: true, cell: ({ facts }) => facts.toLocaleString('en') },
      { head: 'As issued', isFigure: true, cell: ({ total_cents, tenant_id }) => amount(total_cents, tenant_id) },
      {
        head: 'As derived',
        isFigure: true,
        cell: ({ derived_total_cents, tenant_id }) => amount(derived_total_cents, tenant_id),
      },
      {
        head: 'Differences',
        cell: ({ differences }) =>
          differences.length === 0 ? badge('proved') : html`${differences.map((each) => html`<small>${each}</small>`)}`,
      },
    ],
  });
};

const replayPage = async (c: HttpContext): Promise<Response> => {
  const api = c.get('api');
  const replay_id = c.req.param('id') ?? '';
  const [replay, page, work] = await Promise.all([
    api.request(metering.getReplay, { replay_id }),
    api.request(metering.listReplayDifferences, {
      replay_id,
      limit: 100,
      ...filled({ cursor: c.req.query('cursor') }),
    }),
    works.replay(api, replay_id),
  ]);
  const names = await deploymentsOf(
    api,
    page.items.map(({ deployment_id }) => deployment_id),
  );
  return show(c, {
    title: `Replay of ${monthName(replay.period)}`,
    live: ['replay.changed'],
    current: '/periods',
    crumbs: [
      ['Periods', '/periods'],
      [monthName(replay.period), `/periods/${replay.period}`],
    ],
    beside: badge(replay.status),
    lead: html`Started ${time(replay.started_at)} by ${replay.asked_by}. ${countOf(replay.observations, 'observation')} and ${countOf(replay.reports, 'report')} read, ${countOf(replay.lines, 'line')} derived, ${replay.differing} differing.${replay.detail === null ? none : html` ${replay.detail}`}`,
    body: html`${runningWork(work, { name: 'replay', about: replay_id, path: c.req.path, isExpected: replay.status === 'running' })}${section('Differences', html`${differenceTable(page.items, names)}${pager(c.req.path, c.req.query(), page.next_cursor)}`)}`,
  });
};

const differenceTable = (items: readonly Difference[], names: ReadonlyMap<string, Deployment>): Html => {
  const amount = (unitSeconds: string | null, row: Difference): string =>
    unitSeconds === null
      ? 'none'
      : quantityText(new Decimal(unitSeconds).div(row.divisor).toFixed(), unitOfKind(row.kind));
  return table({
    caption: 'Lines that differ between the facts and the streams',
    empty: 'Every fact follows from what was observed.',
    rows: items,
    columns: [
      { head: 'Day', isName: true, cell: ({ period_start }) => time(period_start) },
      { head: 'Deployment', cell: ({ deployment_id }) => deploymentLink(deployment_id, names) },
      {
        head: 'Resource',
        cell: ({ resource_id }) => (resource_id === null ? 'reported' : resourceLink(resource_id, null)),
      },
      {
        head: 'Usage',
        cell: ({ kind, is_pending }) =>
          html`${kindInWords(kind)}${is_pending ? html`<small>to be metered again anyway</small>` : none}`,
      },
      { head: 'In the fact', isFigure: true, cell: (row) => amount(row.unit_seconds, row) },
      { head: 'From the streams', isFigure: true, cell: (row) => amount(row.replayed_unit_seconds, row) },
    ],
  });
};
