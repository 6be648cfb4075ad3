import { createDigitalOcean, sharedBudget } from '@arcadia/digitalocean';
import { tokenLedger } from '@arcadia/platform';
import { type Inventory, inventoryOf } from './clients/inventory.ts';
import type { Purpose } from './config.ts';
import type { Context } from './context.ts';

const clients = new WeakMap<object, Map<Purpose, Inventory>>();

/** The provider's account for one purpose, with its token and that token's budget. One per service: its queue is worth keeping. */
export function inventory(ctx: Context, purpose: Purpose): Inventory {
  const known = clients.get(ctx.config) ?? new Map<Purpose, Inventory>();
  clients.set(ctx.config, known);
  const made = known.get(purpose) ?? connect(ctx, purpose);
  known.set(purpose, made);
  return made;
}

function connect({ config, clock, db, log }: Context, purpose: Purpose): Inventory {
  const token = () => config.token(purpose);
  const api = createDigitalOcean({
    token,
    baseUrl: config.apiUrl,
    write: config.write,
    timeoutMs: config.timeoutMs,
    backoffMs: config.backoffMs,
    budget: sharedBudget({ ledger: tokenLedger(db, token), clock }),
    now: () => clock.now(),
    log: (entry) => log.debug({ ...entry }, 'asked the provider'),
  });
  return inventoryOf(api, { clock, spaces: config.spaces });
}
