import type { inventorySync } from '@arcadia/contracts';
import { blockedUntil, hashOfToken } from '@arcadia/digitalocean';
import type { z } from 'zod';
import type { SyncPurpose } from '../config.ts';
import type { CommandContext, Context } from '../context.ts';
import { tokenUse } from '../store/syncs/token-use.ts';

export type TokenBudgetView = z.output<typeof inventorySync.tokenBudgetView>;

const purposes: readonly SyncPurpose[] = ['sync-fast', 'sync-full'];

/** The request budget of each token; syncs with one token share one. */
export async function readBudgets(ctx: Context): Promise<TokenBudgetView[]> {
  const hashes = purposes.map((purpose) => ({ purpose, tokenHash: tokenHashOf(ctx, purpose) }));
  const now = ctx.clock.now();
  return Promise.all(
    [...Map.groupBy(hashes, ({ tokenHash }) => tokenHash)].map(async ([tokenHash, users]) => {
      const use = await tokenUse(ctx.db, tokenHash);
      const waitingUntil = await blockedUntil(ctx.db, { tokenHash, now });
      return {
        purposes: users.map(({ purpose }) => purpose),
        limit: use?.limit ?? null,
        remaining: use?.remaining ?? null,
        counted_at: use?.at.toString() ?? null,
        waiting_until: waitingUntil?.toString() ?? null,
      };
    }),
  );
}

/** A token file that cannot be read at the moment has no budget; the syncs report why. */
const tokenHashOf = (ctx: CommandContext, purpose: SyncPurpose): string => {
  try {
    return hashOfToken(ctx.config.provider[purpose].token?.() ?? '');
  } catch {
    return '';
  }
};

/** The budgets as a fact of the service's health. Using one up delays syncs and fails none. */
export const budgetText = (budgets: readonly TokenBudgetView[]): string =>
  budgets
    .map(({ purposes: users, limit, remaining, waiting_until: until }) => {
      const left = limit === null ? 'no request counted yet' : `${remaining} of ${limit} requests of the hour are left`;
      return `${users.join(' and ')}: ${left}${until === null ? '' : `, waiting until ${until}`}`;
    })
    .join('; ');

/** What is left of the token that has the smallest share left; nothing while no request is counted. */
export function scarcestBudget(budgets: readonly TokenBudgetView[]): { limit?: number; remaining?: number } {
  const counted = budgets.flatMap(({ limit, remaining }) =>
    limit === null || remaining === null ? [] : [{ limit, remaining }],
  );
  return counted.toSorted((a, b) => a.remaining / a.limit - b.remaining / b.limit)[0] ?? {};
}
