import { type Refusal, refuse } from '@arcadia/contracts';
import { AmountOutOfRange } from '../domain/rating/fraction.ts';

/**
 * For whoever asks what something costs: an amount that no invoice could carry is an answer, saying what is too large. A run has
 * nobody to answer; there it stays a failure.
 */
export const refuseTooLarge = async <Priced>(
  price: () => Priced | Promise<Priced>,
): Promise<Priced | Refusal<'amount-out-of-range'>> => {
  try {
    return await price();
  } catch (error) {
    if (!(error instanceof AmountOutOfRange)) throw error;
    return refuse('amount-out-of-range', `${error.message} Correct the quantity or the price.`);
  }
};
