import { gateway, type RequestOutput, services } from '@arcadia/contracts';
import type { HttpApp, HttpContext } from '../context.ts';
import { badge } from '../html/badge.ts';
import { type Html, html, none } from '../html/html.ts';
import { show } from '../html/layout.ts';
import { filters, pager } from '../html/list.ts';
import { section, table } from '../html/table.ts';
import { readList } from '../list-page.ts';
import { inWords, listed } from '../words/names.ts';
import { durationText, time } from '../words/time.ts';
import { listAside } from './list-files.ts';

type JobRun = RequestOutput<typeof gateway.listJobs>['items'][number];

const states = [
  ['running', 'Running'],
  ['waiting', 'Waiting'],
  ['dead', 'Failed for the last time'],
  ['done', 'Done'],
] as const;

/** The runs of jobs of all services. */
export const registerJobs = (app: HttpApp): void => {
  app.get('/system/jobs', jobsPage);
};

const jobsPage = async (c: HttpContext): Promise<Response> => {
  const query = c.req.query();
  const page = await readList(c, '/system/jobs');
  const names = Object.keys(services).map((name) => [name, name] as const);
  const fields = [
    { name: 'state', label: 'State', choices: states },
    { name: 'service', label: 'Service', choices: names },
    { name: 'job', label: 'Job', placeholder: 'meter-day' },
  ];
  return show(c, {
    title: 'Runs of jobs',
    current: '/system',
    needs: gateway.listJobs,
    crumbs: [['System', '/system']],
    lead: 'Those that run or wait first, then those that failed for the last time, then those that are done; the newest first.',
    body: html`${filters('/system/jobs', fields, query)}
${section('Runs', html`${lacking(page.unavailable)}${jobTable(page.items, { empty: 'No run matches these filters.' })}${pager('/system/jobs', query, page.next_cursor)}`, { aside: listAside('/system/jobs', query, page) })}`,
  });
};

export const lacking = (unavailable: readonly string[]): Html =>
  unavailable.length === 0
    ? none
    : html`<p class="missing" role="status">${listed([...new Set(unavailable)])} ${new Set(unavailable).size === 1 ? 'does' : 'do'} not answer at the moment; this list is not complete.</p>`;

/** How long a run took, or has taken so far. */
const spanOf = ({ state, created_at, finished_at }: JobRun): string => {
  if (finished_at !== null) return `took ${durationText(created_at, finished_at)}`;
  const now = Temporal.Now.instant().toString();
  return `${state === 'dead' ? 'began' : 'for'} ${durationText(created_at, now)}${state === 'dead' ? ' ago' : ''}`;
};

export const jobTable = (items: readonly JobRun[], { empty }: { empty: string }): Html =>
  table({
    caption: 'Runs of jobs',
    empty,
    rows: items,
    columns: [
      { head: 'Job', isName: true, cell: ({ job, service }) => html`${inWords(job)}<small>${service}</small>` },
      { head: 'About', cell: ({ key }) => html`<span class="id">${key.slice(0, 80)}</span>` },
      {
        head: 'State',
        cell: ({ state, error }) =>
          html`${badge(state === 'dead' ? 'failed' : state === 'done' ? 'completed' : state, new Map<string, string>(states).get(state) ?? state)}${error === null ? none : html`<small>${error.slice(0, 200)}</small>`}`,
      },
      { head: 'Attempt', isFigure: true, cell: ({ attempt }) => String(attempt) },
      { head: 'Since', cell: (run) => html`${time(run.created_at)}<small>${spanOf(run)}</small>` },
    ],
  });
