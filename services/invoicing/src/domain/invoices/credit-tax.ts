import { taxOn } from '../rating/tax.ts';
import type { TaxPolicy } from '../rating/terms.ts';

/**
 * The tax returned with a credit: the tax of everything credited so far, less the tax returned before. So the credits of a whole
 * invoice return exactly its tax, however they are divided.
 */
export const creditTax = (
  invoice: { subtotalCents: number; taxCents: number },
  before: { netCents: number; taxCents: number },
  netCents: number,
  policy: TaxPolicy,
): number => {
  const credited = before.netCents + netCents;
  const whole =
    credited === invoice.subtotalCents
      ? invoice.taxCents
      : Math.min(taxOn(credited, policy), Math.max(invoice.taxCents, 0));
  return whole - before.taxCents;
};
