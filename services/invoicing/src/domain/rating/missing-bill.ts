import { formatMinor } from '@arcadia/contracts';
import { calendarOf } from './calendar.ts';
import { passesThrough, passingItems } from './passed-through.ts';
import { withOwnPrices } from './price-overrides.ts';
import type { RatingInput } from './rate.ts';
import type { ProviderBill } from './terms.ts';

/** An invoice of the provider for the period, settled or not. */
export type ArrivedBill = ProviderBill & { status: string; difference_cents: number; is_settled: boolean };

/** The kinds that a plan passes through in the month whose invoices wait for the provider's bill, ascending. */
export const awaitingKinds = ({
  period,
  deployments,
  price_overrides,
}: Pick<RatingInput, 'period' | 'deployments' | 'price_overrides'>): string[] => {
  const priced = deployments.map(({ subscriptions }) => withOwnPrices(subscriptions, price_overrides));
  const kinds = priced.filter(passesThrough).flatMap((subscriptions) => {
    const calendar = calendarOf(period, subscriptions);
    const plans = new Set(calendar.flatMap((terms) => (terms === null ? [] : [terms.plan])));
    return [...plans]
      .filter(({ provider_bill = 'wait' }) => provider_bill === 'wait')
      .flatMap((plan) => passingItems(plan).map(({ kind }) => kind));
  });
  return [...new Set(kinds)].toSorted();
};

/** The sentence that names the bill for which a month's invoice waits, and why; null if it waits for none. */
export const missingBill = (input: RatingInput, arrived: readonly ArrivedBill[]): string | null => {
  const open = arrived.filter(({ is_settled }) => !is_settled);
  if (arrived.length > 0 && open.length === 0) return null;
  const kinds = awaitingKinds(input);
  if (kinds.length === 0) return null;
  const needs = `the price of ${kinds.join(', ')} needs it`;
  if (arrived.length === 0) return `the provider's bill of ${input.period} has not arrived, and ${needs}`;
  const named = open.map(
    ({ invoice_number, invoice_uuid, status, currency, difference_cents }) =>
      `${invoice_number ?? invoice_uuid} is ${status}, with ${formatMinor(difference_cents, currency)} ${currency} that its lines do not explain`,
  );
  const path = `POST /api/v1/billing/invoices/${open[0]?.invoice_uuid}/accept`;
  return `the provider's bill of ${input.period} is not settled, and ${needs}: ${named.join('; ')}; accept the difference with ${path}, or have it read again`;
};
