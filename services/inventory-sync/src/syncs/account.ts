import { connectProvider } from '@arcadia/digitalocean';
import { type Inventory, inventoryOf } from '../clients/inventory.ts';
import type { Known } from '../clients/kind-listings.ts';
import type { SyncPurpose } from '../config.ts';
import type { Context } from '../context.ts';
import { backedUpDroplets } from '../store/resources/backed-up-droplets.ts';
import { backupPlans } from '../store/resources/backup-plans.ts';
import { hasPresent } from '../store/resources/has-present.ts';
import { instanceCounts } from '../store/resources/instance-counts.ts';
import { keepTokenUse } from '../store/syncs/token-use.ts';

/**
 * The provider's account, read with the token and the request budget of one kind of sync. Background requests wait until the others
 * leave most of the budget unused.
 */
export function inventory(ctx: Context, purpose: SyncPurpose, { isBackground = false } = {}): Inventory {
  const api = connectProvider(ctx.config.provider[purpose], ctx, {
    isBackground,
    onUse: (use) => keepTokenUse(ctx.db, use),
  });
  return inventoryOf(api, { spaces: ctx.config.spaces });
}

/** What the inventory knows already, for the listings that start from it. */
export const knownTo = ({ db }: Context): Known => ({
  backedUpDroplets: () => backedUpDroplets(db),
  backupPlans: () => backupPlans(db),
  instanceCounts: () => instanceCounts(db),
  hasIpv6: () => hasPresent(db, 'floating_ip', ':'),
});
