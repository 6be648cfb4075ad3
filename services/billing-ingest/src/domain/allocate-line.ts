import { allocate, Decimal } from '@arcadia/contracts';
import { type OwnedStretch, sameTarget, type Target, unallocated } from './ownership.ts';

/** One share of a line's amount; the shares of a line add up to it. */
export type Share = Target & {
  amount_cents: number;
  rule: string | null;
  /** How long the target owned the line's resource within its span; null where a rule shared it, or nobody was found. */
  milliseconds: number | null;
};

/** A share to be had: who, and with what weight. */
export type Weight = { target: Target; weight: Decimal };

/**
 * Shares the amount of a matched line among those who owned its resource during its span, by time. Stretches of one
 * owner are taken together, so that changes of anything else never move a cent.
 */
export const shareByOwnership = (amountCents: number, stretches: readonly OwnedStretch[]): Share[] => {
  const owned: { target: Target; milliseconds: number }[] = [];
  for (const { owner, milliseconds } of stretches) {
    const found = owned.find(({ target }) => sameTarget(target, owner));
    if (found === undefined) owned.push({ target: owner, milliseconds });
    else found.milliseconds += milliseconds;
  }
  if (owned.length === 0) return [{ ...unallocated, amount_cents: amountCents, rule: null, milliseconds: null }];
  const amounts = allocate(
    amountCents,
    owned.map(({ milliseconds }) => milliseconds),
  );
  // Who owned it too shortly for a cent keeps a share of nothing: its time is compared with what was metered.
  return owned.map(({ target, milliseconds }, index) => ({
    ...target,
    amount_cents: amounts[index] ?? 0,
    rule: null,
    milliseconds,
  }));
};

/** Shares an amount by weights, largest remainder; without anyone to share among it stays unallocated. */
export const shareByWeight = (amountCents: number, weights: readonly Weight[], rule: string | null): Share[] => {
  const positive = weights.filter(({ weight }) => weight.greaterThan(0));
  if (positive.length === 0) return [{ ...unallocated, amount_cents: amountCents, rule, milliseconds: null }];
  const amounts = allocate(
    amountCents,
    positive.map(({ weight }) => weight),
  );
  const shares = positive.map(({ target }, index) => ({
    ...target,
    amount_cents: amounts[index] ?? 0,
    rule,
    milliseconds: null,
  }));
  const paying = shares.filter((share) => share.amount_cents !== 0);
  return paying.length > 0 ? paying : shares.slice(0, 1);
};

/** Fixed fractions of an amount; what they leave of 1 stays unallocated. */
export const shareByFractions = (amountCents: number, fractions: readonly Weight[], rule: string): Share[] => {
  const given = fractions.reduce((sum, { weight }) => sum.plus(weight), new Decimal(0));
  const rest = new Decimal(1).minus(given);
  if (rest.isNegative()) throw new RangeError(`fractions of rule ${rule} add up to ${given.toFixed()}`);
  return shareByWeight(amountCents, [...fractions, { target: unallocated, weight: rest }], rule);
};
