import { type CostTerms, rateTo } from './provider-cost.ts';
import type { ExchangeRate, ProviderBill } from './terms.ts';

/** The provider's bills that are settled, where a price passes them through; while there is none, a month may be estimated. */
export type BillTerms = CostTerms & { bills?: readonly ProviderBill[] | undefined; is_estimate?: true | undefined };

/** The rate by which a bill is converted: that of its own month alone; `null`: none is needed, undefined: it is not pinned. */
export const billRateTo = (terms: CostTerms, period: string, currency: string): ExchangeRate | null | undefined => {
  const rate = rateTo(terms, currency);
  return rate === null || rate?.period === period ? rate : undefined;
};
