import { type Refusal, refuse } from '@arcadia/contracts';
import { AmountOutOfRange } from '../domain/rating/fraction.ts';

/** Turns an amount that no invoice could carry into a refusal of the request. An invoice run fails instead: it has no requester. */
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
