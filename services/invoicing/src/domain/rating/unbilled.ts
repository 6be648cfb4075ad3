import type { Unrated } from './overage-lines.ts';

const reasons: Record<Unrated['reason'], string> = {
  no_subscription: 'no subscription',
  trial: 'trial',
  no_price: 'no price',
  no_list_price: 'the provider’s list price is unknown',
  no_rate: 'no exchange rate is pinned',
  no_bill: 'the provider’s bill is not known yet; its amounts are adjusted on a later invoice',
};

/** A sentence that lists the unbilled usage of a month without an invoice; null if there was none. */
export const unbilledSentence = (unrated: readonly Unrated[]): string | null => {
  const named = new Set(unrated.map(({ kind, reason }) => `${kind} (${reasons[reason]})`));
  return named.size === 0 ? null : `Nothing was billed for this usage: ${[...named].toSorted().join(', ')}.`;
};
