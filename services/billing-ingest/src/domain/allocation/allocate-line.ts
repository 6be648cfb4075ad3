import { allocate, Decimal } from '@arcadia/contracts';
import type { Span } from '../cost-lines/line-times.ts';
import { type OwnedStretch, sameTarget, type Target, unallocated } from '../cost-lines/ownership.ts';

/** One share of a line's amount; the shares of a line add up to the amount. */
export type Share = Target & {
  amount_cents: number;
  rule: string | null;
  /** Time for which the target owned the line's resource within its span; null if a rule allocated it, or it has no owner. */
  milliseconds: number | null;
  /** From the first to the last moment at which the target owned the resource; only where the line has several owners. */
  owned?: Span;
};

/** A target and its weight in an allocation. */
export type Weight = { target: Target; weight: Decimal };

/**
 * Divides the amount of a matched line among the owners of its resource during its span, by time. The stretches of one owner
 * are added first, so that other changes of the resource never move a cent.
 */
export function shareByOwnership(amountCents: number, stretches: readonly OwnedStretch[]): Share[] {
  const owned: { target: Target; milliseconds: number; span: Span }[] = [];
  for (const { owner, milliseconds, span } of stretches) {
    const found = owned.find(({ target }) => sameTarget(target, owner));
    if (found === undefined) owned.push({ target: owner, milliseconds, span: { ...span } });
    else {
      found.milliseconds += milliseconds;
      found.span = { start: found.span.start, end: span.end };
    }
  }
  if (owned.length === 0) return [{ ...unallocated, amount_cents: amountCents, rule: null, milliseconds: null }];
  const amounts = allocate(
    amountCents,
    owned.map(({ milliseconds }) => milliseconds),
  );
  // An owner whose share rounds to zero is kept: its time is compared with the metered usage.
  return owned.map(({ target, milliseconds, span }, index) => ({
    ...target,
    amount_cents: amounts[index] ?? 0,
    rule: null,
    milliseconds,
    ...(owned.length === 1 ? {} : { owned: span }),
  }));
}

/** Divides an amount by weights with the largest remainder method; without a positive weight it stays unallocated. */
export function shareByWeight(amountCents: number, weights: readonly Weight[], rule: string | null): Share[] {
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
}

/** Divides an amount by fixed fractions; the rest up to 1 stays unallocated. Throws RangeError if they exceed 1. */
export function shareByFractions(amountCents: number, fractions: readonly Weight[], rule: string): Share[] {
  const given = fractions.reduce((sum, { weight }) => sum.plus(weight), new Decimal(0));
  const rest = new Decimal(1).minus(given);
  if (rest.isNegative()) throw new RangeError(`fractions of rule ${rule} add up to ${given.toFixed()}`);
  return shareByWeight(amountCents, [...fractions, { target: unallocated, weight: rest }], rule);
}
