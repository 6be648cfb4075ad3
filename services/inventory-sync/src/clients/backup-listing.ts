import type { DigitalOcean } from '@arcadia/digitalocean';
import type { Clock } from '@arcadia/platform';
import type { Listed } from '../domain/resources/resource.ts';
import { describeBackup } from './describe.ts';
import type { Listing, ListingEnd, OnPage } from './listing.ts';
import { described, emptyIfNotFound, explain } from './read-listing.ts';

type Source = {
  api: DigitalOcean;
  clock: Clock;
  /** Provider ids of the droplets that have backups as far as the inventory knows. */
  backedUpDroplets: () => Promise<readonly string[]>;
};

/** Droplets whose backups are requested at once. */
const atOnce = 3;

/**
 * The provider lists backups by droplet only, so every droplet with a policy, or with backups of an earlier one, is requested; most
 * droplets have none. Backups of many droplets are stored with one statement, as the pages of other listings are.
 */
export function backupListing({ api, clock, backedUpDroplets }: Source): Listing {
  return async (onPage, signal) => {
    const policies = await api.droplets.backupPolicies.list({ signal });
    const plans = new Map(
      policies.items
        .filter((policy) => policy.backup_enabled)
        .map((policy) => [policy.droplet_id, policy.backup_policy?.plan ?? null]),
    );
    const droplets = new Set([...plans.keys(), ...(await backedUpDroplets())]);
    const collected = collect(onPage);
    const listOne = async (dropletId: string, abort: AbortSignal): Promise<ListingEnd> => {
      const own = described(
        { clock },
        (each) => api.droplets.backupsOf(dropletId).pages({ signal: each }),
        (backup) => describeBackup(backup, { dropletId, plan: plans.get(dropletId) ?? null }),
      );
      // A droplet that was destroyed meanwhile has no backups of its own any more.
      const end = await emptyIfNotFound(own)(collected.add, abort);
      return { ...end, detail: end.detail === null ? null : `backups of droplet ${dropletId}: ${end.detail}` };
    };
    const ends = await eachOf([...droplets], listOne, signal);
    await collected.flush();
    return wholeOf(ends, policies.complete ? null : explain(policies.reason, policies));
  };
}

const wholeOf = (ends: readonly ListingEnd[], policyDetail: string | null): ListingEnd => ({
  isComplete: policyDetail === null && ends.every(({ isComplete }) => isComplete),
  count: ends.reduce((sum, { count }) => sum + count, 0),
  total: ends.some(({ total }) => total === null) ? null : ends.reduce((sum, { total }) => sum + (total ?? 0), 0),
  detail: policyDetail ?? ends.find(({ detail }) => detail !== null)?.detail ?? null,
});

/** Runs the work for each item, a few at once. The first failure ends the others. */
async function eachOf<Item, Result>(
  items: readonly Item[],
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  signal: AbortSignal,
): Promise<Result[]> {
  const failed = new AbortController();
  const within = AbortSignal.any([signal, failed.signal]);
  const pending = items.values();
  const results: Result[] = [];
  const worker = async (): Promise<void> => {
    for (const item of pending) results.push(await work(item, within));
  };
  const workers = Array.from({ length: atOnce }, () =>
    worker().catch((error: unknown) => {
      failed.abort(error);
      throw error;
    }),
  );
  await Promise.all(workers);
  return results;
}

const batchSize = 1_000;

/** Passes items on in batches. A batch is as recent as the oldest answer in it. */
function collect(onPage: OnPage): { add: OnPage; flush: () => Promise<void> } {
  let batch: Listed[] = [];
  let oldest: Temporal.Instant | null = null;
  const flush = async (): Promise<void> => {
    if (oldest === null) return;
    const [items, seenAt] = [batch, oldest];
    [batch, oldest] = [[], null];
    await onPage(items, seenAt);
  };
  return {
    flush,
    add: async (items, seenAt) => {
      if (items.length === 0) return;
      batch.push(...items);
      oldest = oldest === null || Temporal.Instant.compare(seenAt, oldest) < 0 ? seenAt : oldest;
      if (batch.length >= batchSize) await flush();
    },
  };
}
