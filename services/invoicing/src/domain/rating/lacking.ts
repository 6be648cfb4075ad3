import { type ArrivedBill, missingBill } from './missing-bill.ts';
import { missingRates } from './missing-rates.ts';
import type { Rating, RatingInput } from './rate.ts';

/** What a month must wait for before it is invoiced, in a sentence. */
export type Lacking = { of: 'bill' | 'rate'; text: string };

/**
 * What a month lacks before it is invoiced: the provider's bill, or an exchange rate. Where an operator has decided that it does not
 * wait for the bill, it waits neither for it nor for its rate; `isWithoutBill` is then true if it would have.
 */
export const lackingOf = (
  input: RatingInput,
  rating: Pick<Rating, 'unrated'>,
  { arrived, withoutBillReason }: { arrived: readonly ArrivedBill[]; withoutBillReason: string | null },
): { lacking: Lacking | null; isWithoutBill: boolean } => {
  const bill = missingBill(input, arrived);
  const rates = missingRates(input, rating);
  if (withoutBillReason === null) {
    const lacking = bill === null ? named('rate', rates) : named('bill', bill);
    return { lacking, isWithoutBill: false };
  }
  const others = missingRates(input, rating, { isWithoutBill: true });
  return { lacking: named('rate', others), isWithoutBill: bill !== null || rates !== others };
};

const named = (of: Lacking['of'], text: string | null): Lacking | null => (text === null ? null : { of, text });
