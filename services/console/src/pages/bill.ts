import { billingIngest, monthName, type RequestOutput, versionOf } from '@arcadia/contracts';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { passOn } from '../html/download.ts';
import { type Attempt, disclosedForm, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { deploymentLink, resourceLink, tenantLink } from '../html/links.ts';
import { address, pager } from '../html/list.ts';
import { meterLine } from '../html/meter-line.ts';
import { part, shown } from '../html/part.ts';
import { cards, facts, figureCard, section, table } from '../html/table.ts';
import { type Deployment, deploymentsOf } from '../names-of.ts';
import { grouped, money, moneyOrUnknown, percentOfFraction } from '../words/money.ts';
import { inWords } from '../words/names.ts';
import { time, timeOr } from '../words/time.ts';
import { filled } from './invoices.ts';

type Bill = RequestOutput<typeof billingIngest.getProviderInvoice>;

export const registerBill = (app: HttpApp): void => {
  app.get('/bill/:id', (c) => billPage(c, null));
  app.get('/bill/:id/csv', async (c) => {
    const file = await c.get('api').download(billingIngest.getInvoiceCsv, { invoice_uuid: c.req.param('id') });
    return passOn(c, file);
  });
  app.post('/bill/:id/accept', (c) =>
    handleForm(c, {
      form: 'accept',
      run: async ({ reason = '' }, sending) => {
        const invoice_uuid = c.req.param('id');
        await c.get('api').request(billingIngest.acceptInvoice, { invoice_uuid, reason: reason.trim() }, sending);
        return {
          to: `/bill/${invoice_uuid}`,
          text: 'The difference is accepted, and the cost goes to the finance system.',
        };
      },
      again: (attempt) => billPage(c, attempt),
    }),
  );
  for (const [name, contract, text] of [
    ['reingest', billingIngest.reingestInvoice, 'The bill is fetched from the provider again.'],
    ['rematch', billingIngest.rematchInvoice, 'The lines are matched against the present inventory again.'],
  ] as const)
    app.post(`/bill/:id/${name}`, (c) =>
      handleForm(c, {
        form: name,
        run: async (_, sending) => {
          await c.get('api').request(contract, { invoice_uuid: c.req.param('id') }, sending);
          return { to: `/bill/${c.req.param('id')}`, text };
        },
        again: (attempt) => billPage(c, attempt),
      }),
    );
};

const billPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const invoice_uuid = c.req.param('id') ?? '';
  const query = c.req.query();
  const bill = await api.request(billingIngest.getProviderInvoice, { invoice_uuid });
  const [lines, matched] = await Promise.all([
    part(
      api.request(billingIngest.listCostLines, {
        invoice_uuid,
        limit: 50,
        ...filled({ reason: query['reason'], kind: query['kind'], cursor: query['cursor'] }),
      } as never),
    ),
    part(api.request(billingIngest.getMatchRate, { period: bill.period })),
  ]);
  const names = await deploymentsOf(
    api,
    bill.allocated.map(({ deployment_id }) => deployment_id),
  );
  const at = `/bill/${invoice_uuid}`;
  return show(c, {
    title: `Bill of ${monthName(bill.period)}`,
    current: '/bill',
    crumbs: [['Provider bill', '/bill']],
    beside: badge(bill.status),
    lead: `${inWords(bill.provider)} ${bill.invoice_number ?? ''}`,
    attempt,
    body: html`${section('Three totals that must agree', html`${totals(bill)}${acceptForm(bill, at, attempt)}`, bill.evidence === null ? {} : { aside: html`<a href="${at}/csv" download>CSV as received</a>` })}
${bill.faults.length === 0 ? none : section('Why the file was refused', html`<ul class="check">${bill.faults.map(({ line, column, problem }) => html`<li class="not">Line ${line}${column === null ? none : html`, column ${column}`}: ${problem}</li>`)}</ul>`)}
<div class="columns">${section('Matched, by kind', html`${shown(matched, ({ total }) => matchSentence(total, bill))}${byKind(bill)}`)}${section('Not matched, by reason', byReason(bill, at))}</div>
${section('Who bears it', bearers(bill, names), { aside: html`<a href="/bill/allocation">Rules</a>` })}
${section(
  'Lines',
  shown(lines, ({ items, next_cursor }) => html`${lineTable(items)}${pager(at, query, next_cursor)}`),
  { id: 'lines', aside: query['reason'] || query['kind'] ? html`<a href="${at}#lines">All lines</a>` : none },
)}
${section(
  'About this bill',
  html`${facts([
    ['Discovered', time(bill.discovered_at)],
    ['Read', timeOr(bill.ingested_at, 'not yet')],
    ['Exchange rate', bill.fx === null ? 'not pinned' : `1 ${bill.currency} = ${grouped(bill.fx.rate)} ${bill.fx.to}`],
    ['Finance system', inWords(bill.finance.state)],
    bill.evidence === null
      ? null
      : [
          'File',
          html`${bill.evidence.bytes.toLocaleString('en')} bytes, <span class="id">${bill.evidence.sha256}</span>`,
        ],
    ['Id', html`<span class="id">${bill.invoice_uuid}</span>`],
  ])}<div class="actions">${form({ name: 'reingest', sends: billingIngest.reingestInvoice, action: `${at}/reingest`, fields: [], submit: 'Fetch it again', attempt })}${form({ name: 'rematch', sends: billingIngest.rematchInvoice, action: `${at}/rematch`, fields: [], submit: 'Match it again', attempt })}</div>`,
)}`,
  });
};

const totals = (bill: Bill): Html => {
  const { totals: three, currency, difference_minor } = bill;
  return html`${cards([
    figureCard({ name: 'Invoice list', value: moneyOrUnknown(three.header_minor, currency) }),
    figureCard({ name: 'Sum of the CSV', value: moneyOrUnknown(three.csv_minor, currency) }),
    figureCard({ name: 'Sum of the items', value: moneyOrUnknown(three.items_minor, currency) }),
  ])}<p>${difference_minor === null ? html`The bill has not been read yet.` : difference_minor === 0 ? html`<span class="equal">✓ All three agree to the cent.</span>` : html`<span class="unequal">They differ by ${money(difference_minor, currency)}.</span> ${bill.accepted === null ? 'The bill is not pushed to the finance system until they agree or the difference is accepted.' : ''}`}</p>`;
};

/** Accepting what the totals differ by, where a person has found out why they do. */
const acceptForm = (bill: Bill, at: string, attempt: Attempt | null): Html => {
  if (bill.accepted !== null) {
    const { by, at: when, reason } = bill.accepted;
    return html`<p>The difference is accepted by ${by}, ${time(when)}: ${reason}</p>`;
  }
  if (bill.status !== 'unreconciled') return none;
  return disclosedForm(
    'Accept the difference',
    {
      name: 'accept',
      sends: billingIngest.acceptInvoice,
      action: `${at}/accept`,
      attempt,
      version: versionOf(billingIngest.getProviderInvoice, bill),
      submit: 'Accept it',
      fields: [
        {
          name: 'reason',
          label: 'Reason',
          hint: 'Why the difference is right, such as a promotional credit confirmed by support. It is kept with the bill.',
          isRequired: true,
        },
      ],
    },
    html`<p>What the bill has beyond its lines becomes a line that is assigned to no one, and the cost is pushed to the finance system.</p>`,
  );
};

type Matched = RequestOutput<typeof billingIngest.getMatchRate>['total'];

const matchSentence = ({ rate_by_amount, matched_cents, amount_cents }: Matched, { period, currency }: Bill): Html =>
  rate_by_amount === null
    ? none
    : html`<p>${percentOfFraction(rate_by_amount)} of the money billed for ${monthName(period)}, without tax, is matched to resources: ${money(matched_cents, currency)} of ${money(amount_cents, currency)}.</p>`;

const byKind = (bill: Bill): Html =>
  table({
    caption: 'Lines by kind of resource',
    empty: 'The bill has no lines.',
    rows: bill.by_kind,
    columns: [
      {
        head: 'Kind',
        isName: true,
        cell: ({ kind }) =>
          html`<a href="${address(`/bill/${bill.invoice_uuid}`, { kind })}#lines">${inWords(kind)}</a>`,
      },
      { head: 'Matched', cell: ({ matched, lines }) => meterLine(String(matched), String(lines)) },
      { head: 'Amount', isFigure: true, cell: ({ amount_cents }) => money(amount_cents, bill.currency) },
    ],
    total: [
      'Together',
      '',
      money(
        bill.by_kind.reduce((sum, { amount_cents }) => sum + amount_cents, 0),
        bill.currency,
      ),
    ],
  });

const byReason = (bill: Bill, at: string): Html =>
  table({
    caption: 'Unmatched lines by reason',
    empty: 'Every line is matched to a resource.',
    rows: bill.by_reason,
    columns: [
      {
        head: 'Reason',
        isName: true,
        cell: ({ reason }) => html`<a href="${address(at, { reason })}#lines">${reasonInWords(reason)}</a>`,
      },
      { head: 'Lines', isFigure: true, cell: ({ lines }) => String(lines) },
      { head: 'Amount', isFigure: true, cell: ({ amount_cents }) => money(amount_cents, bill.currency) },
    ],
  });

const reasonInWords = (reason: string): string =>
  ({
    destroyed_before_first_sync: 'Destroyed before the first sync',
    tax: 'Tax',
    account_level: 'Of the whole account',
    unknown: 'Not known',
  })[reason] ?? inWords(reason);

const targets = {
  deployment: 'Deployment',
  tenant: 'Tenant',
  operator: 'The operator',
  unallocated: 'Assigned to no one',
} as const;

const bearers = (bill: Bill, names: ReadonlyMap<string, Deployment>): Html =>
  table({
    caption: 'Who bears each cent of the bill',
    empty: 'Nothing is allocated yet.',
    rows: bill.allocated,
    columns: [
      {
        head: 'Who',
        isName: true,
        cell: ({ target, deployment_id, tenant_id }) =>
          deployment_id !== null
            ? deploymentLink(deployment_id, names)
            : tenant_id !== null
              ? html`The whole account of ${tenantLink(tenant_id)}`
              : targets[target],
      },
      { head: 'Tenant', cell: ({ tenant_id }) => tenantLink(tenant_id) },
      { head: 'Amount', isFigure: true, cell: ({ amount_cents }) => money(amount_cents, bill.currency) },
    ],
    total: [
      'The whole bill',
      '',
      money(
        bill.allocated.reduce((sum, { amount_cents }) => sum + amount_cents, 0),
        bill.currency,
      ),
    ],
  });

const lineTable = (items: RequestOutput<typeof billingIngest.listCostLines>['items']): Html =>
  table({
    caption: 'Lines of the bill',
    empty: 'No line matches.',
    rows: items,
    columns: [
      { head: 'Line', isFigure: true, cell: ({ line_no }) => String(line_no) },
      {
        head: 'Product',
        isName: true,
        cell: ({ product, description }) => html`${product}<small>${description}</small>`,
      },
      {
        head: 'Resource',
        cell: (line) =>
          line.resource_id === null
            ? reasonInWords(line.unmatched_reason ?? 'unknown')
            : resourceLink(line.resource_id, line.description || line.provider_resource_id),
      },
      { head: 'Hours', isFigure: true, cell: ({ hours }) => (hours === null ? '' : grouped(hours)) },
      {
        head: 'Borne by',
        cell: ({ allocations, currency: line_currency }) =>
          html`${allocations.map(({ tenant_id, target, amount_cents }) => html`<span>${tenant_id ?? targets[target]}${allocations.length > 1 ? html` ${money(amount_cents, line_currency)}` : none}</span><br>`)}`,
      },
      { head: 'Amount', isFigure: true, cell: ({ amount_cents, currency }) => money(amount_cents, currency) },
    ],
  });
