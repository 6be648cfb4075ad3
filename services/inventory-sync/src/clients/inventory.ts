import { type DigitalOcean, type IncompleteReason, type Pages, ProviderError } from '@arcadia/digitalocean';
import { type Clock, errorText } from '@arcadia/platform';
import type { SpacesConfig } from '../config.ts';
import type { LoggedAction } from '../domain/power.ts';
import type { ListedProject, Member } from '../domain/projects.ts';
import type { Listed } from '../domain/resource.ts';
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

type Surroundings = { clock: Clock; spaces: SpacesConfig | null };

/** The account as inventory reads it: every answer in our own words. */
export type Inventory = ReturnType<typeof inventoryOf>;

export function inventoryOf(api: DigitalOcean, ctx: Surroundings) {
  const listing = <T>(start: (signal: AbortSignal) => Pages<T>, describe: (item: T) => Listed): Listing =>
    described(ctx, start, describe);
  const droplets: Listing = both(
    listing((signal) => api.droplets.pages({ signal }), describeDroplet),
    // A plain listing leaves out droplets with GPUs.
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
      orNone(listing((signal) => api.reservedIpv6s.pages({ signal }), describeReservedIpv6)),
    ),
    backups: (dropletIds: () => Promise<readonly string[]>): Listing => backupListing(ctx, api, dropletIds),
    /** How each droplet that has a policy is backed up, by its id. */
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
      orCut(
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
          description: 'What belongs to no customer',
          environment: 'Production',
        }),
      ),
    describeMembers: (kind: string, signal: AbortSignal) => describeMembers(ctx, api, kind, signal),
  };
}

/** A listing in our own words. What cannot be put into them is left out, and then the listing is not complete. */
const described =
  <T>(ctx: Surroundings, start: (signal: AbortSignal) => Pages<T>, describe: (item: T) => Listed): Listing =>
  async (onPage, signal) => {
    let unclear = 0;
    const inOurWords = (item: T): Listed[] => {
      try {
        return [describe(item)];
      } catch {
        unclear += 1;
        return [];
      }
    };
    const end = await readThrough(start(signal), ctx, { each: inOurWords, onBatch: onPage });
    return unclear === 0 ? end : { ...end, isComplete: false, detail: `${unclear} items could not be understood` };
  };

/** The provider's pages are small; this many things make one statement. */
const batchSize = 1_000;
/** Batches in the database at once, while the next is being fetched. */
const inFlight = 3;

/**
 * Hands on what the pages hold, a batch at a time, and says how it ended. `seenAt` is taken before the first page of a batch is asked
 * for: the batch is at least that fresh. However many pages there are, no more than four batches are in memory, and of a page only
 * what is made of `each` of its items.
 */
async function readThrough<T, Kept>(
  pages: Pages<T>,
  { clock }: Surroundings,
  { each, onBatch }: { each: (item: T) => Kept[]; onBatch: (items: Kept[], seenAt: Temporal.Instant) => Promise<void> },
): Promise<ListingEnd> {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const hand = async (items: Kept[], seenAt: Temporal.Instant): Promise<void> => {
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
      await hand(batch, seenAt);
      batch = [];
      seenAt = clock.now();
    }
    await hand(batch, seenAt);
  } finally {
    // Nothing is left running behind a listing that broke off.
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
  if (reason === 'no-total') return 'the provider did not say how many there are';
  if (reason === 'bad-next') return 'the link to the next page leads elsewhere, or back';
  if (reason === 'unreadable-items') return `${unreadableCount} items could not be understood`;
  return `the listing was cut short (${reason ?? 'unknown'})`;
};

/** What was there a moment ago and is not found now was not listed whole. */
const orCut = async (listing: Promise<ListingEnd>): Promise<ListingEnd> => {
  try {
    return await listing;
  } catch (error) {
    if (!(error instanceof ProviderError) || error.status !== 404) throw error;
    return { isComplete: false, count: 0, total: null, detail: errorText(error) };
  }
};

/** An endpoint that an account does not have shows nothing, completely. */
const orNone =
  (listing: Listing): Listing =>
  async (onPage, signal) => {
    try {
      return await listing(onPage, signal);
    } catch (error) {
      if (!(error instanceof ProviderError) || error.status !== 404) throw error;
      return { isComplete: true, count: 0, total: 0, detail: null };
    }
  };

/** Backups stand under their droplet only, so each droplet that has any is asked. */
const backupListing =
  (ctx: Surroundings, api: DigitalOcean, dropletIds: () => Promise<readonly string[]>): Listing =>
  async (onPage, signal) => {
    const policies = await api.droplets.backupPolicies.list({ signal });
    const plans = new Map(
      policies.items
        .filter((policy) => policy.backup_enabled)
        .map((policy) => [policy.droplet_id, policy.backup_policy?.plan ?? null]),
    );
    const asked = [...new Set([...plans.keys(), ...(await dropletIds())])];
    const whole: ListingEnd = {
      isComplete: policies.complete,
      count: 0,
      total: 0,
      detail: policies.complete ? null : explain(policies.reason, policies),
    };
    for (const dropletId of asked) {
      const own = described(
        ctx,
        (abort) => api.droplets.backupsOf(dropletId).pages({ signal: abort }),
        (backup) => describeBackup(backup, { dropletId, plan: plans.get(dropletId) ?? null }),
      );
      const end = await orNone(own)(onPage, signal);
      whole.count += end.count;
      whole.total = whole.total === null || end.total === null ? null : whole.total + end.total;
      whole.isComplete &&= end.isComplete;
      whole.detail ??= end.detail === null ? null : `backups of droplet ${dropletId}: ${end.detail}`;
    }
    return whole;
  };

/** How many pages of actions are read at most: 10,000 actions between two sweeps are more than an account makes. */
const actionPages = 50;

/** What was done to droplets since an instant; null where the token may not read the log. */
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

/** What can be told of resources that only their projects list; null: nothing beyond their URN, with this token. */
async function describeMembers(
  ctx: Surroundings,
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
