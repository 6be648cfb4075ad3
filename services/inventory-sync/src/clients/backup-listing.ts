import type { DigitalOcean } from '@arcadia/digitalocean';
import { describeBackup } from './describe.ts';
import { collect, eachOf, wholeOf } from './list-each.ts';
import type { Listing, ListingEnd } from './listing.ts';
import { described, emptyIfNotFound, explain } from './read-listing.ts';

type Source = {
  api: DigitalOcean;
  /** Provider ids of the droplets that have backups as far as the inventory knows. */
  backedUpDroplets: () => Promise<readonly string[]>;
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
    const droplets = new Set([...plans.keys(), ...(await backedUpDroplets())]);
    const collected = collect(onPage);
    const listOne = async (dropletId: string, abort: AbortSignal): Promise<ListingEnd> => {
      const own = described(
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
