import { dayName, gateway, invoicing, metering, type RequestOutput } from '@arcadia/contracts';
import type { Sending } from '@arcadia/gateway-client';
import { handleForm } from '../command.ts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Attempt, form } from '../html/form.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { part, shown } from '../html/part.ts';
import { section, table } from '../html/table.ts';
import { countOf, inWords, kindInWords } from '../words/names.ts';
import { time, timeOr } from '../words/time.ts';
import { jobTable, lacking, registerJobs } from './jobs.ts';

type State = RequestOutput<typeof gateway.getSystem>['services'][number];
type DeadLetter = RequestOutput<typeof gateway.listDeadLetters>['items'][number];
type Receivable = RequestOutput<typeof invoicing.listReceivables>['items'][number];
type Config = RequestOutput<typeof metering.getMeteringConfig>;

const does: Readonly<Record<State['service'], string>> = {
  gateway: 'The REST API',
  'inventory-sync': 'What runs, and who owns it',
  metering: 'How much was used',
  invoicing: 'What is charged, and why',
  'billing-ingest': 'What the provider charged',
  provisioning: 'What should run',
  drift: 'Where the two differ',
  notifications: 'Who is notified',
};

export const registerSystem = (app: HttpApp): void => {
  app.get('/system', (c) => systemPage(c, null));
  registerJobs(app);
  letterCommand(app, 'requeue', async (c, number, sending) => {
    const { service } = await c.get('api').request(gateway.requeueDeadLetter, { number }, sending);
    return `Dead letter ${number} is requeued: ${service} processes it again. If it fails again, it is back here.`;
  });
  letterCommand(app, 'dismiss', async (c, number, sending) => {
    await c.get('api').request(gateway.dismissDeadLetter, { number }, sending);
    return `Dead letter ${number} is dismissed; its message is not processed.`;
  });
};

const letterCommand = (
  app: HttpApp,
  name: 'requeue' | 'dismiss',
  run: (c: HttpContext, number: number, sending: Sending) => Promise<string>,
): void => {
  app.post(`/system/dead-letters/:number/${name}`, (c) =>
    handleForm(c, {
      form: name,
      run: async (_, sending) => {
        return { to: '/system', text: await run(c, Number(c.req.param('number')), sending) };
      },
      again: (attempt) => systemPage(c, attempt),
    }),
  );
};

const systemPage = async (c: HttpContext, attempt: Attempt | null): Promise<Response> => {
  const api = c.get('api');
  const [system, letters, jobs, receivables, config] = await Promise.all([
    part(api.request(gateway.getSystem, {})),
    part(api.request(gateway.listDeadLetters, { limit: 50 })),
    part(Promise.all(unfinished.map((state) => api.request(gateway.listJobs, { status: state, limit: 20 })))),
    part(api.request(invoicing.listReceivables, { status: 'pending', limit: 50 })),
    part(api.request(metering.getMeteringConfig, {})),
  ]);
  return show(c, {
    title: 'System',
    current: '/system',
    attempt,
    body: html`${section(
      'Services',
      shown(system, ({ services }) => serviceTable(services)),
    )}
${section(
  'Messages and jobs that failed for the last time',
  shown(letters, ({ items }) => letterTable(items)),
)}
${section(
  'Jobs that run or wait',
  shown(
    jobs,
    (pages) =>
      html`${lacking(pages.flatMap((page) => page.unavailable))}${jobTable(
        pages.flatMap(({ items }) => items),
        { empty: 'No job runs or waits.' },
      )}`,
  ),
  { aside: html`<a href="/system/jobs">All runs</a>` },
)}
${section(
  'On the way to the finance system',
  shown(receivables, ({ items }) => receivableTable(items)),
)}
${section(
  'What is metered',
  shown(config, (known) => configTable(known)),
)}
<p class="quiet">Read ${time(Temporal.Now.instant().round('second').toString())} by the wall clock. <a href="/system">Read again</a></p>`,
  });
};

const unfinished = ['running', 'waiting'] as const;

const stateBadges = {
  ready: badge('active', 'Ready'),
  'not-ready': badge('failed', 'Not ready'),
  unavailable: badge('missing', 'Does not answer'),
} as const;

const factOf = ({ facts }: State, name: string) => facts.find((fact) => fact.name === name);

const lagOf = ({ facts }: State): string => {
  const lags = facts.flatMap(({ lag }) => lag ?? []);
  return lags.length === 0 ? '' : lags.reduce((sum, lag) => sum + lag, 0).toLocaleString('en');
};

/** How many wait, and how long the oldest has waited. */
const waitingIn = (fact: State['facts'][number] | undefined): Html | string => {
  if (fact === undefined || fact.waiting === null) return '';
  const count = fact.waiting.toLocaleString('en');
  return fact.waiting > 0 && fact.oldest_seconds !== null
    ? html`${count}<small>oldest ${fact.oldest_seconds} s</small>`
    : count;
};

const serviceTable = (services: readonly State[]): Html =>
  table({
    caption: 'Services, as each finds itself just now',
    empty: '',
    rows: services,
    columns: [
      { head: 'Service', isName: true, cell: ({ service }) => html`${service}<small>${does[service]}</small>` },
      {
        head: 'State',
        cell: ({ status, detail }) =>
          html`${stateBadges[status]}${detail === null ? none : html`<small>${detail}</small>`}`,
      },
      { head: 'Messages to handle', isFigure: true, cell: lagOf },
      { head: 'To publish', isFigure: true, cell: (state) => waitingIn(factOf(state, 'relay')) },
      { head: 'Jobs waiting', isFigure: true, cell: (state) => waitingIn(factOf(state, 'jobs')) },
      {
        head: 'Dead letters',
        isFigure: true,
        cell: ({ dead_letters }) => (dead_letters === null ? 'not known' : String(dead_letters)),
      },
    ],
  });

const letterTable = (items: readonly DeadLetter[]): Html =>
  table({
    caption: 'Dead letters, oldest first',
    empty: 'There is none: every message is processed and every job has succeeded.',
    rows: items,
    columns: [
      {
        head: 'What',
        isName: true,
        cell: ({ consumer, service, subject }) =>
          html`${consumer.startsWith('job-') ? `Job ${consumer.slice(4)}` : consumer} of ${service}<small>${subject}</small>`,
      },
      {
        head: 'Why',
        cell: ({ fault, detail }) => html`${inWords(fault)}<small>${detail.slice(0, 300)}</small>`,
      },
      { head: 'Tried', isFigure: true, cell: ({ attempts }) => countOf(attempts, 'time') },
      { head: 'Since', cell: ({ parked_at }) => time(parked_at) },
      {
        head: '',
        cell: (letter) =>
          html`<div class="actions">${letterForm(letter, 'requeue')}${letterForm(letter, 'dismiss')}</div>`,
      },
    ],
  });

const letterForm = ({ number }: DeadLetter, name: 'requeue' | 'dismiss'): Html =>
  form({
    name: `${name}-${number}`,
    sends: name === 'requeue' ? gateway.requeueDeadLetter : gateway.dismissDeadLetter,
    action: `/system/dead-letters/${number}/${name}`,
    fields: [],
    submit: name === 'requeue' ? 'Try again' : 'Drop',
    isDangerous: name === 'dismiss',
    attempt: null,
  });

const receivableTable = (items: readonly Receivable[]): Html =>
  table({
    caption: 'Documents that are not pushed yet',
    empty: 'Every document is pushed.',
    rows: items,
    columns: [
      { head: 'Document', isName: true, cell: ({ document, number }) => `${inWords(document)} ${number}` },
      { head: 'Tenant', cell: ({ tenant_id }) => html`<a href="/tenants/${tenant_id}">${tenant_id}</a>` },
      { head: 'Attempts', isFigure: true, cell: ({ attempts }) => String(attempts) },
      { head: 'Last error', cell: ({ last_error }) => last_error ?? '' },
    ],
  });

const configTable = ({ items, upcoming }: Config): Html =>
  table({
    caption: 'Kinds that are metered',
    empty: 'Nothing is metered.',
    rows: [...items, ...upcoming],
    columns: [
      { head: 'Kind', isName: true, cell: ({ kind }) => kindInWords(kind) },
      { head: 'Unit', cell: ({ unit }) => unit },
      { head: 'Facts by', cell: ({ granularity }) => (granularity === 'daily' ? 'day' : 'hour') },
      { head: 'Kept for', isFigure: true, cell: ({ retention_days }) => `${retention_days} days` },
      {
        head: 'State',
        cell: ({ is_enabled }) => (is_enabled ? badge('active', 'Metered') : badge('paused', 'Not metered')),
      },
      {
        head: 'From',
        cell: ({ effective_from }) => (effective_from <= '1970-01-02' ? 'the start' : dayName(effective_from)),
      },
      { head: 'Changed', cell: ({ changed_at }) => timeOr(changed_at, 'never') },
    ],
  });
