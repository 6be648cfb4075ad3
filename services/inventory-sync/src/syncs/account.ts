import { connectProvider } from '@arcadia/digitalocean';
import { type Inventory, inventoryOf } from '../clients/inventory.ts';
import type { SyncPurpose } from '../config.ts';
import type { Context } from '../context.ts';
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
