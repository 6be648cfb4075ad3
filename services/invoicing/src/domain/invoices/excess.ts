import type { RatedLine } from '../rating/rated-line.ts';

/** A negative line, or a part of one, by which a month comes to less than zero: `amount_cents` is the credited amount, above zero. */
export type ExcessLine = Pick<
  RatedLine,
  'key' | 'deployment_id' | 'resource_kind' | 'description' | 'amount_cents' | 'meta'
>;

/**
 * Divides the lines of a month that come to less than zero, so that those which stay come to zero: the negative lines that do not
 * come from the month itself are credited, the last ones first, the last of them in part.
 * @param lines the lines added by hand, and the corrections of earlier months
 * @param below by how much all lines of the month are below zero, as a positive amount
 */
export const takeExcess = (lines: readonly RatedLine[], below: number): { kept: RatedLine[]; excess: ExcessLine[] } => {
  const kept: RatedLine[] = [];
  const excess: ExcessLine[] = [];
  let left = below;
  for (const line of lines.toReversed()) {
    const taken = Math.min(left, Math.max(0, -line.amount_cents));
    left -= taken;
    if (taken > 0) excess.unshift(excessLine(line, taken));
    if (taken === 0) kept.unshift(line);
    else if (taken < -line.amount_cents) kept.unshift(withoutCredited(line, taken));
  }
  if (left > 0) throw new Error(`the lines of a month are ${left} minor units below zero without a negative line`);
  return { kept, excess };
};

const excessLine = (
  { key, deployment_id, resource_kind, description, meta }: RatedLine,
  amount: number,
): ExcessLine => ({
  key,
  deployment_id,
  resource_kind,
  description,
  amount_cents: amount,
  meta,
});

/** The rest of a negative line after a part of it was credited; a later rating computes the same rest. */
export const withoutCredited = (line: RatedLine, creditedCents: number): RatedLine => {
  if (creditedCents === 0) return line;
  const amount = line.amount_cents + creditedCents;
  const { old_cents: old } = line.meta;
  const meta = typeof old === 'number' ? { ...line.meta, old_cents: old - creditedCents } : line.meta;
  const unit = line.kind === 'adjustment' ? line.unit : 'piece';
  return { ...line, meta, qty: '1', unit, unit_price_cents: String(amount), amount_cents: amount };
};
