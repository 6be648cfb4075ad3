import { connectProvider } from '@arcadia/digitalocean';
import type { SyncPurpose } from '../config.ts';
import type { Context } from '../context.ts';
import { type Inventory, inventoryOf } from './inventory.ts';

/** The provider's account, read with the token and the request budget of one kind of sync. */
export function inventory(ctx: Context, purpose: SyncPurpose): Inventory {
  const api = connectProvider(ctx.config.provider[purpose], ctx);
  return inventoryOf(api, { clock: ctx.clock, spaces: ctx.config.spaces });
}
