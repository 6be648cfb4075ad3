import { dayOf, type inventorySync, invoicing } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { CommandContext, Tx } from '../context.ts';
import { type KnownListPrice, lockCosts, saveListPrices } from '../store/costs/list-prices.ts';

/** Keeps the list prices of droplet sizes, of each day the last one, and publishes those that changed. */
export async function consumeProviderPrices(
  batch: Received<typeof inventorySync.priceObserved>[],
  tx: Tx,
  ctx: CommandContext,
): Promise<void> {
  const prices = new Map<string, KnownListPrice>();
  for (const { data } of batch) {
    const valid_from = dayOf(Temporal.Instant.from(data.effective_at));
    prices.set(`${data.size_slug} ${valid_from}`, {
      kind: 'droplet_hours',
      dimension: data.size_slug,
      valid_from,
      currency: data.currency,
      price_monthly: data.price_monthly,
      source: 'provider',
    });
  }
  const setting = { by: 'service:inventory-sync', at: ctx.clock.now() };
  await lockCosts(tx.sql, 'change');
  await tx.publish(invoicing.listPriceChanged, await saveListPrices(tx.sql, [...prices.values()], setting));
}
