import path from 'node:path';
import { inventorySync, type ServiceName } from '@arcadia/contracts';
import { createDigitalOcean, ProviderError } from '@arcadia/digitalocean';
import { type Api, connectApi } from '@arcadia/gateway-client';
import { systemClock } from '@arcadia/platform';
import { table } from 'table';
import { homesFolder, openHome } from './home.ts';
import { ports } from './ports.ts';
import type { Progress } from './progress.ts';
import { startStack } from './stack.ts';
import { issueToken } from './tokens.ts';

export type RunAccountOptions = {
  token: string;
  exit: boolean;
  json: boolean;
  fresh: boolean;
  write: boolean;
  port: number;
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
  const baseUrl = process.env.DIGITALOCEAN_API_URL || 'https://api.digitalocean.com';
  const account = await readAccount(options.token, baseUrl);
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
    clock: systemClock,
    only: options.only,
    scheduler: options.only !== null,
    progress,
    env: {
      ...process.env,
      ARCADIA_WRITE: options.write ? '1' : '0',
      DIGITALOCEAN_API_URL: baseUrl,
      DIGITALOCEAN_TOKEN: options.token,
      JWT_SECRET: home.state.secrets.jwt,
      GATEWAY_HOST: '127.0.0.1',
      GATEWAY_PORT: String(port),
    },
  });
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
      print({ gateway, tokens: { operator }, ...found }, options.json);
      if (!options.exit) for (const service of stack.services) service.startScheduler();
    }
    if (!options.exit && !signal.aborted) {
      progress.stage('Running. Press Ctrl-C to stop.');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    }
  } finally {
    await stack.stop();
    home.close();
    progress.stage('Stopped.');
  }
};

/**
 * The id of the token's account.
 * @throws one sentence for the person who started the command, for a wrong token or an unreachable provider
 */
const readAccount = async (token: string, baseUrl: string): Promise<string> => {
  const client = createDigitalOcean({ token, baseUrl, write: false, retries: 1, timeoutMs: 10_000 });
  try {
    const { team, uuid } = await client.account();
    return team?.uuid ?? uuid;
  } catch (error) {
    if (error instanceof ProviderError && error.status === 401)
      throw new Error(`${baseUrl} rejected the token in DIGITALOCEAN_TOKEN; check the token and start again.`, {
        cause: error,
      });
    throw new Error(
      `The account at ${baseUrl} could not be read: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
};

type Found = {
  resources: { kind: string; count: number }[];
  sweeps: { kind: string; status: string; count: number | null; detail: string | null }[];
  /** Jobs that had not ended when the result was read; they continue in the background. */
  unfinished: string[];
};

type Sync = Awaited<ReturnType<typeof readSync>>;
const readSync = (api: Api, sync_id: string) => api.request(inventorySync.getSync, { sync_id });

const syncOnce = async (api: Api, progress: Progress, signal: AbortSignal): Promise<Found> => {
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
  const resources = await api.list(inventorySync.listResources, {});
  const byKind = Map.groupBy(resources, ({ kind }) => kind);
  return {
    resources: [...byKind]
      .map(([kind, items]) => ({ kind, count: items.length }))
      .toSorted((a, b) => (a.kind < b.kind ? -1 : 1)),
    sweeps: run.sweeps.map(({ kind, status, count, detail }) => ({ kind, status, count, detail })),
    unfinished: unfinished(run).map(({ job }) => job),
  };
};

const unfinished = ({ jobs }: Sync) => jobs.filter(({ status }) => status !== 'done');

const presentWork = (run: Sync): string => {
  if (run.waiting_until !== null)
    return `taking inventory; the provider's request limit is reached, waiting until ${run.waiting_until.slice(0, 19)}Z`;
  const names = unfinished(run).map(({ job }) => job.replace(/^sync-/, '').replaceAll('-', ' '));
  return `taking inventory: ${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
};

const print = (found: Found & { gateway: string; tokens: { operator: string } }, isJson: boolean): void => {
  if (isJson) {
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    return;
  }
  const rows = found.resources.map(({ kind, count }) => [kind, String(count)]);
  const incomplete = found.sweeps
    .filter(({ status }) => !['complete', 'confirmed', 'running'].includes(status))
    .map(({ kind, status, detail }) => `  ${kind}: ${status}${detail === null ? '' : `, ${detail}`}`);
  process.stdout.write(
    [
      table([['Resource kind', 'Count'], ...rows]),
      ...(incomplete.length === 0 ? [] : ['Kinds whose inventory is incomplete:', ...incomplete]),
      ...(found.unfinished.length === 0
        ? []
        : [`Still listing, within the provider's request limit: ${found.unfinished.join(', ')}`]),
      `Gateway:  ${found.gateway}   documentation: ${found.gateway}/docs`,
      `  curl -H 'Authorization: Bearer ${found.tokens.operator}' ${found.gateway}/api/v1/inventory`,
      '',
    ].join('\n'),
  );
};
