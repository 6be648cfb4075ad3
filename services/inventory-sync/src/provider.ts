import { createHash } from 'node:crypto';
import { createDigitalOcean } from '@arcadia/digitalocean';
import { type Inventory, inventoryOf } from './clients/inventory.ts';
import { sharedBudget } from './clients/shared-budget.ts';
import type { Purpose } from './config.ts';
import type { Context } from './context.ts';
import { blockToken, takeRequests } from './store/token-budgets.ts';

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
  // The token itself is kept nowhere.
  const tokenHash = () => createHash('sha256').update(token()).digest('hex').slice(0, 32);
  const ledger = {
    take: (requests: number, now: Temporal.Instant) => takeRequests(db, { tokenHash: tokenHash(), requests, now }),
    block: (until: Temporal.Instant, now: Temporal.Instant) => blockToken(db, { tokenHash: tokenHash(), until, now }),
  };
  const api = createDigitalOcean({
    token,
    baseUrl: config.apiUrl,
    write: config.write,
    timeoutMs: config.timeoutMs,
    backoffMs: config.backoffMs,
    budget: sharedBudget({ ledger, clock }),
    now: () => clock.now(),
    log: (entry) => log.debug({ ...entry }, 'asked the provider'),
  });
  return inventoryOf(api, { clock, spaces: config.spaces });
}
