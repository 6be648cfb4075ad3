import type { Json } from '@arcadia/contracts';
import { chargeModels } from './charge-models/registry.ts';
import { type Fraction, fraction, sum, toText } from './fraction.ts';
import { rateTo, toMinor } from './provider-cost.ts';
import { markText, rateText } from './rate-text.ts';
import type { ExchangeRate } from './terms.ts';
import type { Piece, UsageTerms } from './usage-pieces.ts';

/** What the provider charges for a line's usage: exact in minor units of the billing currency, for the line's details, and in words. */
export type LineCost = { amount: Fraction; shown: Json; text: string };

/** Null for a price that does not rest on it. */
export const costOf = ({ price, costs }: Piece, terms: UsageTerms): LineCost | null => {
  const { isByCost, isByBill = false } = chargeModels[price.charge_model];
  if (isByCost !== true) return null;
  const byCurrency = [...Map.groupBy(costs, (cost) => cost.price.currency)].map(([currency, own]) => {
    const amount = sum(own.map((cost) => cost.amount));
    return { currency, own, amount, rate: rateOf(terms, currency) };
  });
  const mark = price.mark_up_percent ?? '0';
  const fixed = fraction(price.overage_price_cents).num.isZero()
    ? ''
    : `, plus ${price.overage_price_cents} c per ${price.overage_unit}`;
  const costText = byCurrency
    .map(({ currency, own, amount, rate }) => `${toText(amount, 4)} ${currency}${shareText(own)}${rateText(rate)}`)
    .join(' and ');
  return {
    amount: sum(byCurrency.map(({ amount, rate }) => toMinor(amount, terms, rate))),
    shown: byCurrency.map(({ currency, own, amount, rate }) => ({
      amount: toText(amount),
      billed_qty: toText(sum(own.map(({ billed }) => billed))),
      currency,
      list_prices: [...new Set(own.map((cost) => cost.price))]
        .toSorted((a, b) => (a.valid_from < b.valid_from ? -1 : 1))
        .map(({ price_monthly, share_percent, unit_price, valid_from }) => ({
          ...(price_monthly === undefined ? { unit_price: unit_price ?? '0' } : { price_monthly }),
          ...(share_percent === undefined ? {} : { share_percent }),
          valid_from,
        })),
      mark_up_percent: mark,
      ...(rate === null ? {} : { rate: { period: rate.period, rate: rate.rate } }),
    })),
    text: `${isByBill ? "estimate until the provider's bill is known: " : ''}list price ${costText} ${markText(mark)}${fixed}`,
  };
};

/** The share of the price of a droplet that the provider takes for its backups. */
const shareText = (costs: Piece['costs']): string => {
  const shares = [...new Set(costs.flatMap(({ price }) => price.share_percent ?? []))];
  return shares.length === 0 ? '' : ` as ${shares.join(' and ')} % of the droplet's price`;
};

const rateOf = (terms: UsageTerms, currency: string): ExchangeRate | null => {
  const rate = rateTo(terms, currency);
  if (rate === undefined) throw new Error(`no rate from ${currency}`);
  return rate;
};
