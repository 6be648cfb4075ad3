import path from 'node:path';
import { billingIngest, inventorySync, type RequestOutput, type ServiceName } from '@arcadia/contracts';
import { accountOfTokens } from '@arcadia/digitalocean';
import { type Api, ApiError, connectApi } from '@arcadia/gateway-client';
import { awaitJob, systemClock, triggerJob } from '@arcadia/platform';
import { type AccountReport, accountText } from './account-report.ts';
import { startLocalConsole } from './console.ts';
import { homesFolder, openHome } from './home.ts';
import { ports } from './ports.ts';
import type { Progress } from './progress.ts';
import { type Stack, startStack } from './stack.ts';
import { issueToken } from './tokens.ts';

export type RunAccountOptions = {
  exit: boolean;
  json: boolean;
  fresh: boolean;
  write: boolean;
  port: number;
  consolePort: number;
  only: readonly ServiceName[] | null;
  progress: Progress;
  signal: AbortSignal;
};

/** The longest wait for the first inventory of a large account, in milliseconds. */
const syncTimeoutMs = 15 * 60_000;
/** How long the result waits for background jobs once everything else is there, in milliseconds; in a large account they take minutes. */
const backgroundPatienceMs = 10_000;

/** Works on a real account: takes one full inventory, prints the result, and keeps syncing on schedule unless `exit` is set. */
export const runAccount = async (options: RunAccountOptions): Promise<void> => {
  const { progress, signal } = options;
  await ports.assertFree(options.port);
  if (!options.exit) await ports.assertFree(options.consolePort, '--console-port');
  const { id: account, baseUrl } = await accountOfTokens(process.env);
  const home = openHome(path.join(homesFolder, `account-${account.replaceAll(/[^\w-]/g, '_')}`), {
    fresh: options.fresh,
  });
  progress.stage(
    options.write
      ? 'Changes to the account are allowed (--write).'
      : 'Read-only: only GET requests are sent to the provider (--write allows changes).',
  );
  const port = options.port === 0 ? await ports.free() : options.port;
  const stack = await startStack({
    home,
    only: options.only,
    scheduler: options.only !== null,
    progress,
    env: {
      ...process.env,
      ARCADIA_WRITE: options.write ? '1' : '0',
      DIGITALOCEAN_API_URL: baseUrl,
      JWT_SECRET: home.state.secrets.jwt,
      GATEWAY_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
    },
  });
  let stopConsole: (() => Promise<void>) | undefined;
  try {
    if (options.only === null) {
      const gateway = `http://127.0.0.1:${port}`;
      const operator = await issueToken(home.state.secrets.jwt, {
        subject: 'operator',
        tenantId: null,
        role: 'platform_admin',
      });
      const api = await connectApi(gateway, operator);
      const found = await syncOnce(api, progress, signal);
      if (!options.exit) {
        const { stop, links } = await startLocalConsole({ home, gateway, port: options.consolePort, tenants: [] });
        stopConsole = stop;
        (options.json ? process.stderr : process.stdout).write(links);
      }
      const billing = await firstBilling({ api, stack, progress, signal });
      const report = { gateway, tokens: { operator }, ...found, ...billing };
      process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : accountText(report));
      if (!options.exit) for (const service of stack.services) service.startScheduler();
    }
    if (!options.exit && !signal.aborted) {
      progress.stage('Running. Press Ctrl-C to stop.');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    }
  } finally {
    await stopConsole?.();
    await stack.stop();
    home.close();
    progress.stage('Stopped.');
  }
};

type Sync = Awaited<ReturnType<typeof readSync>>;
const readSync = (api: Api, sync_id: string) => api.request(inventorySync.getSync, { sync_id });

const syncOnce = async (api: Api, progress: Progress, signal: AbortSignal) => {
  const { sync_id } = await api.request(inventorySync.startSync, {});
  const deadline = Date.now() + syncTimeoutMs;
  let run = await readSync(api, sync_id);
  let urgentDoneAt: number | null = null;
  while (run.status === 'running' && Date.now() < deadline && !signal.aborted) {
    if (unfinished(run).every(({ is_background }) => is_background)) urgentDoneAt ??= Date.now();
    if (urgentDoneAt !== null && Date.now() - urgentDoneAt >= backgroundPatienceMs) break;
    progress.now(presentWork(run), run.jobs.length - unfinished(run).length, run.jobs.length);
    await new Promise((resolve) => setTimeout(resolve, 250));
    run = await readSync(api, sync_id);
  }
  const state = await api.request(inventorySync.getSyncState, {});
  const resources = await api.list(inventorySync.listResources, {});
  return {
    resources: countByKind(resources),
    unowned: resources.filter(isUnowned).map(({ kind, name, owner }) => ({ kind, name, project: owner.project_name })),
    sweeps: run.sweeps.map(({ kind, status, count, detail }) => ({ kind, status, count, detail })),
    unfinished: unfinished(run).map(({ job }) => job),
    unknown_types: state.unknown_types,
    not_listed: state.not_listed,
  };
};

type Resource = RequestOutput<typeof inventorySync.listResources>['items'][number];

const isUnowned = ({ owner }: Resource): boolean => owner.deployment_id === null && owner.tenant_id === null;

const countByKind = (resources: readonly Resource[]): AccountReport['resources'] =>
  [...Map.groupBy(resources, ({ kind }) => kind)]
    .map(([kind, items]) => ({ kind, count: items.length, unowned: items.filter(isUnowned).length }))
    .toSorted((a, b) => (a.kind < b.kind ? -1 : 1));

/** Jobs of billing-ingest that run once a day or an hour, so that a new installation has not run them yet. */
const billingJobs = ['snapshot-balance', 'discover-invoices', 'refresh-preview'];
/** The longest wait for them, in milliseconds. Invoices are read in the background. */
const billingPatienceMs = 60_000;

/** What the provider charges. On a first start, the jobs that read it run at once; later their schedule has run them. */
const firstBilling = async ({
  api,
  stack,
  progress,
  signal,
}: {
  api: Api;
  stack: Stack;
  progress: Progress;
  signal: AbortSignal;
}): Promise<Pick<AccountReport, 'balance' | 'invoices'>> => {
  const bus = stack.services.find(({ name }) => name === 'billing-ingest')?.bus;
  const isFirst = (await readBalance(api)) === null;
  if (isFirst && bus !== undefined && !signal.aborted) {
    progress.now("reading the provider's balance and its list of invoices");
    const at = systemClock.now();
    await Promise.allSettled(
      billingJobs.map(async (job) => {
        await triggerJob(bus, 'billing-ingest', job, { scheduledAt: at });
        await awaitJob(bus, 'billing-ingest', job, { scheduledAt: at, timeoutMs: billingPatienceMs });
      }),
    );
  }
  const invoices = await api.list(billingIngest.listProviderInvoices, {});
  return { balance: await readBalance(api), invoices: invoices.length };
};

/** Null: not read yet, or not readable with this token. */
const readBalance = async (api: Api): Promise<AccountReport['balance']> => {
  try {
    const { month_to_date_usage: usage, currency } = await api.request(billingIngest.getBalance, {});
    return { month_to_date_usage: usage, currency };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
};

const unfinished = ({ jobs }: Sync) => jobs.filter(({ status }) => status !== 'done');

const presentWork = (run: Sync): string => {
  if (run.waiting_until !== null)
    return `taking inventory; the provider's request limit is reached, waiting until ${run.waiting_until.slice(0, 19)}Z`;
  const names = unfinished(run).map(({ job }) => job.replace(/^sync-/, '').replaceAll('-', ' '));
  return `taking inventory: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
};
