import { dayName, gateway, inventorySync, invoicing, type RequestOutput } from '@arcadia/contracts';
import type { Api } from '@arcadia/gateway-client';
import { part, valueOf } from './html/part.ts';
import { countOf, inSentence, inWords, listed } from './words/names.ts';

type JobRun = RequestOutput<typeof gateway.listJobs>['items'][number];
type Service = JobRun['service'];

/** Work that a person waits for: what it does at the moment, and how much of it is done, as far as its service reports that. */
export type Work = {
  doing: string;
  done: number | null;
  of: number | null;
  /** When it began. */
  since: string;
  /** How long the counted part has taken so far, in milliseconds, where it did not begin with the work; else null. */
  elapsedMs: number | null;
  /** What it waits for; null: nothing. */
  note: string | null;
};

type Progress = Pick<Work, 'doing' | 'done' | 'of'> & { elapsedMs?: number | null };

const numberIn = (progress: unknown, name: string): number | null => {
  const value = (progress as Record<string, unknown> | null)?.[name];
  return typeof value === 'number' ? value : null;
};

const textIn = (progress: unknown, name: string): string | null => {
  const value = (progress as Record<string, unknown> | null)?.[name];
  return typeof value === 'string' ? value : null;
};

const without = (doing: string) => (): Progress => ({ doing, done: null, of: null });

const replayed = (progress: unknown): Progress => {
  const day = textIn(progress, 'day');
  if (day === null)
    return {
      doing: `Reads what was observed, ${countOf(numberIn(progress, 'observations') ?? 0, 'observation')} so far`,
      done: numberIn(progress, 'read'),
      of: numberIn(progress, 'of'),
    };
  const { day: done, daysInMonth: of } = Temporal.PlainDate.from(day);
  return {
    doing: `Compares the facts of each day, now ${dayName(day)}`,
    done,
    of,
    elapsedMs: numberIn(progress, 'ms'),
  };
};

/** What the jobs that people wait for do, and how their progress is read. Every other job is shown by its name. */
const readers: Readonly<Record<string, (progress: unknown) => Progress>> = {
  'prove-period': (progress) => ({
    doing: 'Derives every invoice of the month again from the streams',
    done: numberIn(progress, 'tenants'),
    of: numberIn(progress, 'of'),
  }),
  'replay-period': replayed,
  'close-period': without('Counts the facts of the month and closes it'),
  'invoice-tenant': without('Makes the invoice of a tenant'),
  'discover-invoices': without('Asks the provider for new bills'),
  'ingest-invoice': (progress) => ({
    doing: 'Reads the lines of a bill of the provider',
    done: numberIn(progress, 'lines'),
    of: numberIn(progress, 'of'),
  }),
  rematch: without('Assigns the lines of a bill to resources and tenants'),
};

/** The work of a job's run. */
export const workOf = ({ job, progress, created_at, state, attempt, error }: JobRun): Work => {
  const { elapsedMs = null, ...read } = readers[job]?.(progress) ?? without(inWords(job))();
  const note =
    state === 'waiting' ? `waits for attempt ${attempt + 1}${error === null ? '' : `: ${error.slice(0, 200)}`}` : null;
  return { ...read, since: created_at, elapsedMs, note };
};

/** The unfinished runs of jobs; none where they cannot be read or are not for the person. */
const runsOf = async (api: Api, service: Service, isWanted: (run: JobRun) => boolean): Promise<JobRun[]> => {
  const pages = await Promise.all(
    (['running', 'waiting'] as const).map((status) =>
      part(api.request(gateway.listJobs, { service, status, limit: 50 })),
    ),
  );
  return pages.flatMap((page) => valueOf(page)?.items ?? []).filter(isWanted);
};

/** A requested sync by its jobs: each lists one kind or several. */
const syncWork = async (api: Api, sync_id: string): Promise<Work[]> => {
  const [found, caller] = await Promise.all([
    part(api.request(inventorySync.getSync, { sync_id })),
    part(api.request(gateway.getCaller, {})),
  ]);
  const sync = valueOf(found);
  if (sync === null || sync.status !== 'running') return [];
  // Both instants are of the services' clock, which is not that of this machine while months are played.
  const now = valueOf(caller)?.now ?? null;
  const present = sync.jobs.filter(({ status }) => status === 'running').map(({ job }) => listingOf(job));
  return [
    {
      doing: `Lists the provider account${present.length === 0 ? '' : `, now ${listed(present.slice(0, 4))}`}`,
      done: sync.jobs.filter(({ status }) => status === 'done').length,
      of: sync.jobs.length,
      since: sync.requested_at,
      elapsedMs: now === null ? null : Temporal.Instant.from(sync.requested_at).until(now).total('milliseconds'),
      note: sync.waiting_until === null ? null : `waits for the provider’s limits until ${sync.waiting_until}`,
    },
  ];
};

const listingOf = (job: string): string => inSentence(inWords((job.split('.').at(-1) ?? job).replace(/^sync-/, '')));

/** The invoices of a month that are being made: how many of the tenants have their result. */
const invoiceWork = async (api: Api, period: string): Promise<Work[]> => {
  const counts = valueOf(await part(api.request(invoicing.summarizeInvoiceRuns, { period })));
  if (counts === null || counts.queued === 0 || counts.started_at === null) return [];
  return [invoiceWorkOf({ ...counts, started_at: counts.started_at })];
};

/** Both instants are of the service's clock, so the time that passed between them is known whatever the clock of this machine is. */
export const invoiceWorkOf = ({
  tenants,
  queued,
  waiting,
  failed,
  started_at,
  last_finished_at,
}: QueuedRuns): Work => ({
  doing: 'Makes the invoices of the tenants',
  done: tenants - queued,
  of: tenants,
  since: started_at,
  elapsedMs:
    last_finished_at === null ? null : Temporal.Instant.from(started_at).until(last_finished_at).total('milliseconds'),
  note:
    waiting + failed === 0
      ? null
      : listed([
          ...(waiting === 0 ? [] : [`${countOf(waiting, 'tenant')} ${waiting === 1 ? 'waits' : 'wait'}`]),
          ...(failed === 0 ? [] : [`${countOf(failed, 'run')} failed`]),
        ]),
});

type QueuedRuns = Pick<
  RequestOutput<typeof invoicing.summarizeInvoiceRuns>,
  'tenants' | 'queued' | 'waiting' | 'failed' | 'last_finished_at'
> & { started_at: string };

const jobsOf = async (api: Api, service: Service, isWanted: (run: JobRun) => boolean): Promise<Work[]> =>
  (await runsOf(api, service, isWanted)).map(workOf);

/** The work that a page shows, by the page's name and the object that the page is about. */
export const works = {
  period: async (api: Api, period: string): Promise<Work[]> => {
    const [metering, proofs, invoices] = await Promise.all([
      jobsOf(api, 'metering', ({ job, key }) => job === 'replay-period' || (job === 'close-period' && key === period)),
      jobsOf(api, 'invoicing', ({ job }) => job === 'prove-period'),
      invoiceWork(api, period),
    ]);
    return [...metering, ...proofs, ...invoices];
  },
  proof: (api: Api, id: string) => jobsOf(api, 'invoicing', ({ job, key }) => job === 'prove-period' && key === id),
  replay: (api: Api, id: string) => jobsOf(api, 'metering', ({ job, key }) => job === 'replay-period' && key === id),
  bills: (api: Api) =>
    jobsOf(api, 'billing-ingest', ({ job }) => ['discover-invoices', 'ingest-invoice', 'rematch'].includes(job)),
  syncs: async (api: Api, syncId: string) => {
    const requested = syncId === '' ? [] : await syncWork(api, syncId);
    return requested.length > 0 ? requested : jobsOf(api, 'inventory-sync', ({ job }) => job.startsWith('sync-'));
  },
} as const satisfies Record<string, (api: Api, about: string) => Promise<Work[]>>;

export type WorkName = keyof typeof works;
