import type { DigitalOcean } from '@arcadia/digitalocean';
import { describeBackup, instant, type SizeHistory } from './describe.ts';
import { collect, eachOf, wholeOf } from './list-each.ts';
import type { Listing, ListingEnd } from './listing.ts';
import { described, emptyIfNotFound, explain } from './read-listing.ts';

type Source = {
  api: DigitalOcean;
  /** The droplets that have backups as far as the inventory knows: their sizes by provider id. */
  backedUpDroplets: () => Promise<ReadonlyMap<string, SizeHistory>>;
};

/**
 * The provider lists backups by droplet only, so every droplet with a policy, or with backups of an earlier one, is requested; most
 * droplets have none. Backups of many droplets are stored with one statement, as the pages of other listings are.
 */
export function backupListing({ api, backedUpDroplets }: Source): Listing {
  return async (onPage, signal) => {
    const policies = await api.droplets.backupPolicies.list({ signal });
    const plans = new Map(
      policies.items
        .filter((policy) => policy.backup_enabled)
        .map((policy) => [policy.droplet_id, policy.backup_policy?.plan ?? null]),
    );
    const known = await backedUpDroplets();
    const droplets = new Set([...plans.keys(), ...known.keys()]);
    const isAnyNew = [...plans.keys()].some((id) => !known.has(id));
    const listed = isAnyNew ? await sizesListed(api, signal) : new Map<string, SizeHistory>();
    const collected = collect(onPage);
    const listOne = async (dropletId: string, abort: AbortSignal): Promise<ListingEnd> => {
      const sizes = known.get(dropletId) ?? listed.get(dropletId) ?? [];
      const own = described(
        (each) => api.droplets.backupsOf(dropletId).pages({ signal: each }),
        (backup) => describeBackup(backup, { dropletId, plan: plans.get(dropletId) ?? null, sizes }),
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

/** The present sizes of all droplets, for those that the inventory does not know yet: at the first start, backups may be listed first. */
async function sizesListed(api: DigitalOcean, signal: AbortSignal): Promise<Map<string, SizeHistory>> {
  const sizes = new Map<string, SizeHistory>();
  for (const query of [{}, { type: 'gpus' }]) {
    for await (const { items } of api.droplets.pages({ signal, query })) {
      for (const { id, size_slug: size, created_at } of items)
        sizes.set(id, [{ at: instant(created_at) ?? Temporal.Instant.fromEpochMilliseconds(0), size }]);
    }
  }
  return sizes;
}
