import { taxOn } from '../rating/tax.ts';
import type { TaxPolicy } from '../rating/terms.ts';

/**
 * The tax of each line, in minor units. The tax is taken once, on the subtotal; it is divided in the order of the lines, so that the
 * first lines together always have the rounded tax of their sum, and all of them the tax of the invoice.
 */
export const lineTaxes = (amountsCents: readonly number[], policy: TaxPolicy): number[] => {
  let sum = 0;
  let taxed = 0;
  return amountsCents.map((amount) => {
    sum += amount;
    const tax = taxOn(sum, policy) - taxed;
    taxed += tax;
    return tax;
  });
};
