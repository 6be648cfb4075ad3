import { dayName, gateway, type RequestOutput } from '@arcadia/contracts';
import type { Api } from '@arcadia/gateway-client';
import { countOf, inWords } from '../words/names.ts';
import { durationText, time } from '../words/time.ts';
import { type Html, html, none } from './html.ts';
import { type Part, part, valueOf } from './part.ts';

type JobRun = RequestOutput<typeof gateway.listJobs>['items'][number];
type Service = JobRun['service'];

/** How far a job is: what it does at the moment, and how much of it is done, if it reports that. */
type Progress = { doing: string; done: number | null; of: number | null };

const numberIn = (progress: unknown, name: string): number | null => {
  const value = (progress as Record<string, unknown> | null)?.[name];
  return typeof value === 'number' ? value : null;
};

const textIn = (progress: unknown, name: string): string | null => {
  const value = (progress as Record<string, unknown> | null)?.[name];
  return typeof value === 'string' ? value : null;
};

/** What the jobs that people wait for do, and how their progress is read. Every other job is shown by its name. */
const readers: Readonly<Record<string, (progress: unknown) => Progress>> = {
  'prove-period': (progress) => ({
    doing: 'Derives every invoice of the month again from the streams',
    done: numberIn(progress, 'tenants'),
    of: numberIn(progress, 'of'),
  }),
  'replay-period': (progress) => {
    const day = textIn(progress, 'day');
    if (day === null)
      return {
        doing: `Reads what was observed: ${countOf(numberIn(progress, 'observations') ?? 0, 'observation')} so far`,
        done: null,
        of: null,
      };
    const { day: done, daysInMonth: of } = Temporal.PlainDate.from(day);
    return { doing: `Compares the facts of each day, now ${dayName(day)}`, done, of };
  },
  'close-period': () => ({ doing: 'Counts the facts of the month and closes it', done: null, of: null }),
  'invoice-tenant': () => ({ doing: 'Makes the invoice of a tenant', done: null, of: null }),
  'discover-invoices': () => ({ doing: 'Asks the provider for new bills', done: null, of: null }),
  'ingest-invoice': () => ({ doing: 'Reads a bill of the provider', done: null, of: null }),
  rematch: () => ({ doing: 'Assigns the lines of a bill to resources and tenants', done: null, of: null }),
};

const progressOf = ({ job, progress }: JobRun): Progress =>
  readers[job]?.(progress) ?? { doing: inWords(job), done: null, of: null };

/** The unfinished runs of these jobs, or why they cannot be read. Only the operator's people may see jobs. */
export const runningJobs = (api: Api, service: Service, isWanted: (job: string) => boolean): Promise<Part<JobRun[]>> =>
  part(
    Promise.all(
      (['running', 'waiting'] as const).map((state) =>
        api.request(gateway.listJobs, { service, status: state, limit: 50 }),
      ),
    ).then((pages) => pages.flatMap(({ items }) => items).filter(({ job }) => isWanted(job))),
  );

/**
 * What runs at the moment: what each job does, how far it is and how long it will still take. While something runs, the page reads
 * itself again every second; without JavaScript a link does.
 */
export const runningWork = (address: string, read: readonly Part<JobRun[]>[]): Html => {
  const runs = read.flatMap((each) => valueOf(each) ?? []);
  if (runs.length === 0) return none;
  return html`<section class="panel working" aria-label="Work in progress"><header><h2>Work in progress</h2><a href="${address}">Read again</a></header>
<div hx-get="${address}" hx-trigger="every 1s" hx-select="main" hx-target="main" hx-swap="outerMorph"></div>
<ul class="todo">${runs.slice(0, 10).map(workOf)}</ul>${runs.length > 10 ? html`<p class="quiet">and ${runs.length - 10} more</p>` : none}</section>`;
};

const workOf = (run: JobRun, index: number): Html => {
  const { doing, done, of } = progressOf(run);
  const isKnown = done !== null && of !== null && of > 0;
  const bar = isKnown
    ? html`<progress max="${of}" value="${done}" aria-labelledby="work-${index}"></progress>`
    : html`<progress aria-labelledby="work-${index}"></progress>`;
  const waiting =
    run.state === 'waiting'
      ? html`; waits for attempt ${run.attempt + 1}${run.error === null ? none : html`: ${run.error.slice(0, 200)}`}`
      : none;
  return html`<li><p><span id="work-${index}">${doing}${isKnown ? `: ${done.toLocaleString('en')} of ${of.toLocaleString('en')}` : ''}</span>${bar}<span class="quiet">Since ${time(run.created_at)}${isKnown ? html`, ${remaining(run, done, of)}` : none}${waiting}</span></p></li>`;
};

/** How long the rest will take if it goes on as until now. */
const remaining = ({ created_at }: JobRun, done: number, of: number): string => {
  if (done >= of) return 'almost done';
  if (done === 0) return 'not known yet how long';
  const now = Temporal.Now.instant();
  const passed = Temporal.Instant.from(created_at).until(now).total('milliseconds');
  const left = Math.max(0, Math.round((passed * (of - done)) / done));
  return `about ${durationText(now.toString(), now.add({ milliseconds: left }).toString())} left`;
};
