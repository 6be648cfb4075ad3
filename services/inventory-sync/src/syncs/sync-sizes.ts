import { canonicalDecimal, inventorySync } from '@arcadia/contracts';
import { errorText } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { provider, toMicroseconds } from '../domain/resources/resource.ts';
import { keepChangedPrices } from '../store/syncs/size-prices.ts';
import { inventory } from './account.ts';
import type { SyncRun } from './sync-kind.ts';

/** Publishes the list price of every size, in USD, and again when it changes. A withdrawn size keeps its last price. */
export async function syncSizes(ctx: Context, run: SyncRun): Promise<void> {
  const fact = 'sync of sizes';
  const sizes = await inventory(ctx, 'sync-full')
    .sizes(run.signal)
    .catch((error: unknown) => {
      if (run.signal.aborted) throw error;
      return { failed: error };
    });
  if ('failed' in sizes) {
    const detail = errorText(sizes.failed);
    ctx.health.report(fact, { ok: false, detail });
    ctx.log.warn(`the sizes could not be read: ${detail}`);
    return;
  }
  const at = toMicroseconds(ctx.clock.now());
  const prices = sizes.items.map((size) => ({
    slug: size.slug,
    monthly: canonicalDecimal(size.price_monthly),
    hourly: canonicalDecimal(size.price_hourly),
  }));
  await ctx.transact(async (tx) => {
    const changed = await keepChangedPrices(tx.sql, { provider, prices, at });
    await tx.publish(
      inventorySync.priceObserved,
      changed
        .toSorted((a, b) => (a.slug < b.slug ? -1 : 1))
        .map(({ slug, monthly, hourly }) => ({
          provider,
          size_slug: slug,
          price_monthly: canonicalDecimal(monthly),
          price_hourly: canonicalDecimal(hourly),
          currency: 'USD',
          effective_at: at.toString(),
          observed_at: at.toString(),
        })),
    );
  });
  ctx.health.report(fact, { ok: true });
}
