import { type DigitalOcean, type IncompleteReason, type Pages, ProviderError } from '@arcadia/digitalocean';
import { type Clock, errorText } from '@arcadia/platform';
import type { SpacesConfig } from '../config.ts';
import type { ListedProject, Member } from '../domain/projects/project.ts';
import type { LoggedAction } from '../domain/resources/droplet-actions.ts';
import type { Listed } from '../domain/resources/resource.ts';
import {
  describeBackup,
  describeDomain,
  describeDroplet,
  describeFirewall,
  describeLoadBalancer,
  describeReservedIp,
  describeReservedIpv6,
  describeSnapshot,
  describeVolume,
  instant,
} from './describe.ts';
import { describeApp, describeCluster, describeDatabase } from './describe-managed.ts';
import { describeMember, describeProject } from './describe-projects.ts';
import { both, type Listing, type ListingEnd } from './listing.ts';
import { describeBuckets } from './spaces.ts';

type InventoryContext = { clock: Clock; spaces: SpacesConfig | null };

/** The provider account as the inventory reads it: every response in our terms. */
export type Inventory = ReturnType<typeof inventoryOf>;

export function inventoryOf(api: DigitalOcean, ctx: InventoryContext) {
  const listing = <T>(start: (signal: AbortSignal) => Pages<T>, describe: (item: T) => Listed): Listing =>
    described(ctx, start, describe);
  const droplets: Listing = both(
    listing((signal) => api.droplets.pages({ signal }), describeDroplet),
    // The plain listing leaves out droplets with GPUs.
    listing((signal) => api.droplets.pages({ signal, query: { type: 'gpus' } }), describeDroplet),
  );
  return {
    droplets,
    domains: listing((signal) => api.domains.pages({ signal }), describeDomain),
    volumes: listing((signal) => api.volumes.pages({ signal }), describeVolume),
    snapshots: listing((signal) => api.snapshots.pages({ signal }), describeSnapshot),
    firewalls: listing((signal) => api.firewalls.pages({ signal }), describeFirewall),
    loadBalancers: listing((signal) => api.loadBalancers.pages({ signal }), describeLoadBalancer),
    reservedIps: both(
      listing((signal) => api.reservedIps.pages({ signal }), describeReservedIp),
      emptyIfNotFound(listing((signal) => api.reservedIpv6s.pages({ signal }), describeReservedIpv6)),
    ),
    backups: (dropletIds: () => Promise<readonly string[]>): Listing => backupListing(ctx, api, dropletIds),
    actionsSince: (since: Temporal.Instant, signal: AbortSignal) => actionsSince(api, since, signal),
    sizes: (signal: AbortSignal) => api.sizes.list({ signal }),
    listProjects: (onPage: (projects: ListedProject[]) => Promise<void>, signal: AbortSignal): Promise<ListingEnd> =>
      readThrough(api.projects.pages({ signal }), ctx, {
        each: (project) => [describeProject(project)],
        onBatch: onPage,
      }),
    listMembers: (
      projectId: string,
      onPage: (members: Member[]) => Promise<void>,
      signal: AbortSignal,
    ): Promise<ListingEnd> =>
      incompleteIfNotFound(
        readThrough(api.projects.resourcesOf(projectId).pages({ signal }), ctx, {
          each: ({ urn }) => describeMember(urn),
          onBatch: onPage,
        }),
      ),
    createProject: async (name: string): Promise<ListedProject> =>
      describeProject(
        await api.projects.create({
          name,
          purpose: 'Operational / Developer tooling',
          description: 'Resources that belong to no customer',
          environment: 'Production',
        }),
      ),
    describeMembers: (kind: string, signal: AbortSignal) => describeMembers(ctx, api, kind, signal),
  };
}

/** A listing in our terms. Items that cannot be described are left out, and then the listing is not complete. */
const described =
  <T>(ctx: InventoryContext, start: (signal: AbortSignal) => Pages<T>, describe: (item: T) => Listed): Listing =>
  async (onPage, signal) => {
    let unreadable = 0;
    const describeItem = (item: T): Listed[] => {
      try {
        return [describe(item)];
      } catch {
        unreadable += 1;
        return [];
      }
    };
    const end = await readThrough(start(signal), ctx, { each: describeItem, onBatch: onPage });
    return unreadable === 0
      ? end
      : { ...end, isComplete: false, detail: `${unreadable} items could not be understood` };
  };

/** The provider's pages are small; this many items are stored with one statement. */
const batchSize = 1_000;
/** Batches that are stored at once, while the next is fetched. */
const inFlight = 3;

/**
 * Passes the items of all pages on, one batch at a time. `seenAt` is taken before the first page of a batch is requested, so the
 * batch is at least that recent. However many pages there are, at most four batches are in memory, and of a page only what `each`
 * returns for its items.
 */
async function readThrough<T, Kept>(
  pages: Pages<T>,
  { clock }: InventoryContext,
  { each, onBatch }: { each: (item: T) => Kept[]; onBatch: (items: Kept[], seenAt: Temporal.Instant) => Promise<void> },
): Promise<ListingEnd> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const pass = async (items: Kept[], seenAt: Temporal.Instant): Promise<void> => {
    const done: Promise<void> = onBatch(items, seenAt)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(done));
    running.add(done);
    if (running.size >= inFlight) await Promise.race(running);
    if (failures.length > 0) throw failures[0];
  };
  let batch: Kept[] = [];
  let seenAt = clock.now();
  try {
    for await (const page of pages) {
      for (const item of page.items) batch.push(...each(item));
      if (batch.length < batchSize) continue;
      await pass(batch, seenAt);
      batch = [];
      seenAt = clock.now();
    }
    await pass(batch, seenAt);
  } finally {
    // A listing that fails leaves no batch running.
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
  return endOf(pages);
}

const endOf = <T>(pages: Pages<T>): ListingEnd => {
  const outcome = pages.outcome();
  return {
    isComplete: outcome.complete,
    count: outcome.distinctCount,
    total: outcome.metaTotal,
    detail: outcome.complete ? null : explain(outcome.reason, outcome),
  };
};

const explain = (
  reason: IncompleteReason | undefined,
  {
    distinctCount,
    metaTotal,
    unreadableCount,
  }: { distinctCount: number; metaTotal: number | null; unreadableCount: number },
): string => {
  if (reason === 'fewer-than-total') return `the listing showed ${distinctCount} of ${metaTotal}`;
  if (reason === 'no-total') return 'the provider gave no total';
  if (reason === 'bad-next') return 'the link to the next page leads to another host or to a page already read';
  if (reason === 'unreadable-items') return `${unreadableCount} items could not be understood`;
  return `the listing was cut short (${reason ?? 'unknown'})`;
};

/** A project that is deleted while its members are listed makes the listing incomplete. */
const incompleteIfNotFound = async (listing: Promise<ListingEnd>): Promise<ListingEnd> => {
  try {
    return await listing;
  } catch (error) {
    if (!(error instanceof ProviderError) || error.status !== 404) throw error;
    return { isComplete: false, count: 0, total: null, detail: errorText(error) };
  }
};

/** An endpoint that the account does not have is a complete listing without items. */
const emptyIfNotFound =
  (listing: Listing): Listing =>
  async (onPage, signal) => {
    try {
      return await listing(onPage, signal);
    } catch (error) {
      if (!(error instanceof ProviderError) || error.status !== 404) throw error;
      return { isComplete: true, count: 0, total: 0, detail: null };
    }
  };

/** Backups are listed by droplet only, so each droplet that has backups is requested. */
const backupListing =
  (ctx: InventoryContext, api: DigitalOcean, dropletIds: () => Promise<readonly string[]>): Listing =>
  async (onPage, signal) => {
    const policies = await api.droplets.backupPolicies.list({ signal });
    const plans = new Map(
      policies.items
        .filter((policy) => policy.backup_enabled)
        .map((policy) => [policy.droplet_id, policy.backup_policy?.plan ?? null]),
    );
    const withBackups = [...new Set([...plans.keys(), ...(await dropletIds())])];
    const whole: ListingEnd = {
      isComplete: policies.complete,
      count: 0,
      total: 0,
      detail: policies.complete ? null : explain(policies.reason, policies),
    };
    for (const dropletId of withBackups) {
      const own = described(
        ctx,
        (abort) => api.droplets.backupsOf(dropletId).pages({ signal: abort }),
        (backup) => describeBackup(backup, { dropletId, plan: plans.get(dropletId) ?? null }),
      );
      const end = await emptyIfNotFound(own)(onPage, signal);
      whole.count += end.count;
      whole.total = whole.total === null || end.total === null ? null : whole.total + end.total;
      whole.isComplete &&= end.isComplete;
      whole.detail ??= end.detail === null ? null : `backups of droplet ${dropletId}: ${end.detail}`;
    }
    return whole;
  };

/** The most pages of actions that are read: no account makes 10,000 actions between two sweeps. */
const actionPages = 50;

/** Actions on droplets since an instant; null if the token may not read the log. */
async function actionsSince(
  api: DigitalOcean,
  since: Temporal.Instant,
  signal: AbortSignal,
): Promise<LoggedAction[] | null> {
  const found: LoggedAction[] = [];
  try {
    for await (const page of api.actions.pages({ signal })) {
      const recent = page.items.filter((action) => {
        const at = instant(action.completed_at) ?? instant(action.started_at);
        return at !== null && Temporal.Instant.compare(at, since) >= 0;
      });
      for (const action of recent) {
        const { resource_id: providerId, status } = action;
        const startedAt = instant(action.started_at);
        if (action.resource_type !== 'droplet' || typeof providerId !== 'string') continue;
        if (status === 'errored' || startedAt === null) continue;
        const completedAt = status === 'completed' ? instant(action.completed_at) : null;
        const region = action.region_slug ?? action.region;
        found.push({ actionId: String(action.id), type: action.type, providerId, region, startedAt, completedAt });
      }
      if (recent.length === 0 || page.number >= actionPages) break;
    }
  } catch (error) {
    if (error instanceof ProviderError && (error.status === 403 || error.status === 404)) return null;
    throw error;
  }
  return found;
}

/** Describes resources of a kind that only projects list; null if the provider describes no more than their URNs to this token. */
async function describeMembers(
  ctx: InventoryContext,
  api: DigitalOcean,
  kind: string,
  signal: AbortSignal,
): Promise<{ described: Map<string, Listed> } | null> {
  const byId = (items: readonly Listed[]) => ({ described: new Map(items.map((item) => [item.providerId, item])) });
  try {
    if (kind === 'spaces_bucket')
      return ctx.spaces === null ? null : { described: await describeBuckets(ctx.spaces, signal) };
    if (kind === 'managed_db') return byId((await api.databases.list({ signal })).items.map(describeDatabase));
    if (kind === 'k8s_cluster') return byId((await api.kubernetesClusters.list({ signal })).items.map(describeCluster));
    if (kind === 'app') return byId((await api.apps.list({ signal })).items.map(describeApp));
    return null;
  } catch (error) {
    if (error instanceof ProviderError && (error.status === 403 || error.status === 404)) return null;
    throw error;
  }
}
