import { dayName, invoicing, metering, monthName, type RequestOutput } from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, disclosedForm, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { tenantLink } from '../html/links.ts';
import { pager } from '../html/list.ts';
import { type Part, part, shown, valueOf } from '../html/part.ts';
import { closesOf, proofTable, replayTable } from '../html/period-tables.ts';
import { runningWork } from '../html/running-work.ts';
import { section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { countOf, listed, senderInWords } from '../words/names.ts';
import { time, timeOr } from '../words/time.ts';
import { works } from '../work.ts';
import { listAside } from './list-files.ts';
import { runTable, withoutBillForm } from './period-runs.ts';

type Period = RequestOutput<typeof metering.getPeriod>;
type Counts = RequestOutput<typeof invoicing.summarizeInvoiceRuns>;

export const registerPeriods = (app: HttpApp): void => {
  app.get('/periods', async (c) => {
    const query = c.req.query();
    const page = await readList(c, '/periods');
    return show(c, {
      title: 'Periods',
      live: ['period.closed'],
      current: '/periods',
      lead: 'Billing periods are calendar months in UTC. A month is closed once every day is metered and nothing that could change it is pending; then it is invoiced.',
      body: section(
        query['sort'] ? 'As sorted' : 'Newest first',
        html`${listOf(page.items, query)}${pager('/periods', query, page.next_cursor)}`,
        {
          aside: listAside('/periods', query, page),
        },
      ),
    });
  });
  app.get('/periods/:period', (c) => periodPage(c, null));
  command(app, 'close', async (c, { accept_missing, force }, sending) => {
    const closed = await c
      .get('api')
      .request(
        metering.closePeriod,
        { period: period(c), accept_missing: accept_missing === 'true', force: force === 'true' },
        sending,
      );
    return `${monthName(closed.period)} is closed${(closed.close_revision ?? 1) > 1 ? ` again, with close ${closed.close_revision}` : ''}. Its invoices are being made.`;
  });
  command(app, 'prove', async (c, _, sending) => {
    await c.get('api').request(invoicing.startProof, { period: period(c) }, sending);
    return 'The proof has started: every invoice is derived again from the streams alone.';
  });
  command(app, 'replay', async (c, { apply }, sending) => {
    await c.get('api').request(metering.startReplay, { period: period(c), apply: apply === 'true' }, sending);
    return 'The replay has started: every usage fact is derived again from what was observed.';
  });
  command(app, 'invoice', async (c, _, sending) => {
    const run = await c.get('api').request(invoicing.runInvoices, { period: period(c) }, sending);
    return `The invoices of ${countOf(run.tenants.length, 'tenant')} are being made.`;
  });
  command(app, 'without-bill', async (c, { tenant_id = '', reason = '' }, sending) => {
    const input = { period: period(c), tenant_id, without_bill: { reason } };
    await c.get('api').request(invoicing.runInvoices, input, sending);
    return `The invoice of ${tenant_id} is being made without the provider's bill.`;
  });
};

const period = (c: HttpContext): string => c.req.param('period') ?? '';

const command = (
  app: HttpApp,
  name: string,
  run: (c: HttpContext, values: Readonly<Record<string, string>>, sending: Sending) => Promise<string>,
): void => {
  app.post(`/periods/:period/${name}`, (c) =>
    handleForm(c, {
      form: name,
      run: async (values, sending) => ({ to: `/periods/${period(c)}`, text: await run(c, values, sending) }),
      again: (attempt) => periodPage(c, attempt),
    }),
  );
};

const listOf = (
  items: RequestOutput<typeof metering.listPeriods>['items'],
  query: Readonly<Record<string, string>>,
): Html =>
  table({
    sorting: { path: '/periods', query },
    caption: 'Billing periods',
    empty: 'Nothing has been metered yet.',
    rows: items,
    columns: [
      {
        head: 'Period',
        isName: true,
        sort: 'period',
        cell: (row) => html`<a href="/periods/${row.period}">${monthName(row.period)}</a>`,
      },
      { head: 'Status', sort: 'status', cell: ({ status }) => badge(status) },
      { head: 'Days metered', isFigure: true, cell: ({ days_metered, days }) => `${days_metered} of ${days}` },
      { head: 'Facts', isFigure: true, cell: ({ facts }) => facts.toLocaleString('en') },
      { head: 'Late facts', isFigure: true, cell: ({ late_facts }) => String(late_facts) },
      { head: 'Closed', cell: ({ closed_at }) => timeOr(closed_at, 'not yet') },
      {
        head: 'Lacks',
        cell: ({ missing }) =>
          missing.length === 0 ? '' : `${missing[0]}${missing.length > 1 ? ` and ${missing.length - 1} more` : ''}`,
      },
    ],
  });

const periodPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const [found, proofs, replays, runs, counts, work] = await Promise.all([
    api.request(metering.getPeriod, { period: period(c) }),
    part(api.request(invoicing.listProofs, { period: period(c), limit: 10 })),
    part(api.request(metering.listReplays, { period: period(c), limit: 10 })),
    part(api.request(invoicing.listInvoiceRuns, { period: period(c), limit: 200 })),
    part(api.request(invoicing.summarizeInvoiceRuns, { period: period(c) })),
    works.period(api, period(c)),
  ]);
  return show(c, {
    title: monthName(found.period),
    live: ['period.closed', 'invoice.issued', 'invoice.voided', 'proof.changed', 'replay.changed'],
    current: '/periods',
    crumbs: [['Periods', '/periods']],
    beside: badge(found.status),
    lead:
      found.closed_at === null
        ? 'Not closed yet.'
        : html`Closed ${time(found.closed_at)} by ${senderInWords(found.closed_by ?? '')}.`,
    attempt,
    body: html`${runningWork(work, { name: 'period', about: found.period, path: `/periods/${found.period}`, isExpected: isExpected(proofs, replays) || isCloseOnItsWay(found, valueOf(counts)) })}
${section('What a close needs', html`${checkList(found)}${closeForm(found, attempt)}`)}
${section('Closes', closesOf(found))}
${section(
  'Invoices',
  shown(
    runs,
    ({ items }) =>
      html`${shown(counts, countLine)}${runTable(items)}${found.closes.length === 0 ? none : form({ name: 'invoice', sends: invoicing.runInvoices, action: `/periods/${found.period}/invoice`, fields: [], submit: 'Run the invoices', attempt })}${withoutBillForm(found.period, items, attempt)}`,
  ),
  { aside: html`<a href="/invoices?period=${found.period}">All invoices</a>` },
)}
${'isHidden' in proofs ? none : section('Proofs', html`<p class="quiet">A proof derives every invoice again from the streams alone and compares them to the cent.</p>${shown(proofs, ({ items }) => proofTable(items))}${found.closes.length === 0 ? none : form({ name: 'prove', sends: invoicing.startProof, action: `/periods/${found.period}/prove`, fields: [], submit: 'Prove this month', attempt })}`)}
${section(
  'Replays',
  html`<p class="quiet">A replay derives every usage fact again from what was observed, and can put right what differs.</p>${shown(replays, ({ items }) => replayTable(items))}${disclosedForm(
    'Replay this month',
    {
      name: 'replay',
      sends: metering.startReplay,
      action: `/periods/${found.period}/replay`,
      attempt,
      submit: 'Start the replay',
      fields: [
        {
          name: 'apply',
          label: 'Meter differing days again',
          hint: 'This leads to adjustments on the next invoices. Without it, the replay only compares.',
          kind: 'tick',
        },
      ],
    },
  )}`,
)}`,
  });
};

/** Whether a proof or a replay is on its way that no service has begun yet. */
const isExpected = (...checks: Part<{ items: readonly { status: string }[] }>[]): boolean =>
  checks.some((read) => valueOf(read)?.items.some(({ status }) => status === 'running') === true);

/** Whether metering has closed the month and invoicing has not received the close yet. */
const isCloseOnItsWay = ({ closes }: Period, counts: Counts | null): boolean =>
  counts !== null && Math.max(0, ...closes.map(({ revision }) => revision)) > (counts.close_revision ?? 0);

/** How many tenants are invoiced, and what of the rest. */
const countLine = ({ tenants, finished, queued, waiting, failed }: Counts): Html => {
  if (tenants === 0) return none;
  const others = [
    ...(queued === 0 ? [] : [`${queued} not begun`]),
    ...(waiting === 0 ? [] : [`${waiting} waiting`]),
    ...(failed === 0 ? [] : [`${failed} failed`]),
  ];
  return html`<p>${String(finished)} of ${countOf(tenants, 'tenant')} ${tenants === 1 ? 'is' : 'are'} invoiced${others.length === 0 ? '' : `: ${listed(others)}`}.</p>`;
};

const checkList = (found: Period): Html => html`<ul class="check">
<li${found.days_metered < found.days ? html` class="not"` : none}>${found.days_metered} of ${countOf(found.days, 'day')} are metered.</li>
${found.missing.map((fault) => html`<li class="not">${fault}</li>`)}
${found.missing.length === 0 && found.days_metered === found.days ? html`<li>Nothing is pending that could change the month.</li>` : none}
${found.late_facts === 0 ? none : html`<li class="not">${countOf(found.late_facts, 'fact')} came after the close; the next invoice adjusts for them.</li>`}
${found.held.map(({ day, tenant_id, deployment_id }) => html`<li class="not">${dayName(day)} is held for <a href="/deployments/${deployment_id}">a deployment</a>${tenant_id === null ? none : html` of ${tenantLink(tenant_id)}`}: very late observations would change it.</li>`)}
</ul>`;

const closeForm = (found: Period, attempt: Attempt | null): Html => {
  const isClosed = found.status === 'closed';
  return disclosedForm(
    isClosed ? 'Close it again' : 'Close this month',
    {
      name: 'close',
      sends: metering.closePeriod,
      action: `/periods/${found.period}/close`,
      attempt,
      submit: isClosed ? 'Close again' : 'Close the month',
      hidden: isClosed ? { force: 'true' } : {},
      fields: [
        {
          name: 'accept_missing',
          label: 'Close despite what is missing',
          hint: 'The close records the missing facts.',
          kind: 'tick',
        },
      ],
    },
    isClosed
      ? html`<p>Late facts count from then on, and invoices that differ and towards which nothing was paid are issued anew.</p>`
      : none,
  );
};
