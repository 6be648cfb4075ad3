import { canonicalDecimal, inventorySync } from '@arcadia/contracts';
import type { Context } from './context.ts';
import { provider, toMicroseconds } from './domain/resource.ts';
import { inventory } from './provider.ts';
import { keepChangedPrices } from './store/size-prices.ts';
import type { SyncRun } from './sync-kind.ts';

/** Says the list price of every size, and again when it changes. A size that is no longer offered keeps its last price. */
export async function syncSizes(ctx: Context, run: SyncRun): Promise<void> {
  const fact = 'sync of sizes';
  const sizes = await inventory(ctx, 'sync-full')
    .sizes(run.signal)
    .catch((error: unknown) => {
      if (run.signal.aborted) throw error;
      return { failed: error };
    });
  if ('failed' in sizes) {
    const detail = sizes.failed instanceof Error ? sizes.failed.message : String(sizes.failed);
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
