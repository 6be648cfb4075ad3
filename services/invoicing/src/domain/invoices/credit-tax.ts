import { taxOn } from '../rating/tax.ts';
import type { TaxPolicy } from '../rating/terms.ts';

/**
 * The tax that goes back with a credit: what the tax of everything credited so far comes to, less what went back before. So
 * the last credit of an invoice brings back exactly what is left of its tax, however it was divided.
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
