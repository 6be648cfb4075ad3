import type { Unrated } from './overage-lines.ts';

const reasons: Record<Unrated['reason'], string> = {
  no_subscription: 'no subscription',
  trial: 'trial',
  no_price: 'no price',
};

/** What a month without an invoice says of the usage it had, kind by kind; null where there was none. */
export const unbilledSentence = (unrated: readonly Unrated[]): string | null => {
  const named = new Set(unrated.map(({ kind, reason }) => `${kind} (${reasons[reason]})`));
  return named.size === 0 ? null : `Nothing was billed for this usage: ${[...named].toSorted().join(', ')}.`;
};
