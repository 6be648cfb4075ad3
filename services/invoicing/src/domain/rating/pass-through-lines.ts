import { formatMinor, type Json, usageKinds } from '@arcadia/contracts';
import { type BillTerms, billRateTo } from './bill-terms.ts';
import { factorOf } from './charge-models/mark-up.ts';
import { type Fraction, fraction, isZero, sum, times, toText, toWhole } from './fraction.ts';
import type { Month } from './month.ts';
import { passingItems } from './passed-through.ts';
import { minorPerUnit } from './provider-cost.ts';
import { markText, rateText } from './rate-text.ts';
import { dayRuns, type RatedLine } from './rated-line.ts';
import { type Segment, segmentsOf } from './segments.ts';
import type { BilledAmount, ExchangeRate, PriceItem } from './terms.ts';

/** Whether the key of a line is that of one that passes a bill through. */
export const isPassedThrough = (key: string): boolean => key.includes('/bill/');

/** The part of a share that falls on the days of a segment, in minor units of the bill's currency. */
type Part = { billed: BilledAmount; amount: Fraction };

/**
 * The lines that pass the provider's bill through: one for each item and segment, with what the bill charges for the segment's days. An
 * amount for several days belongs to each of them alike; on days without a subscription, in a trial, or on a plan that does not pass
 * it through, its part is not charged. Amounts in a currency without a pinned rate make no line.
 */
export const passThroughLines = (month: Month, billed: readonly BilledAmount[], terms: BillTerms): RatedLine[] => {
  if (billed.length === 0) return [];
  const currencies = new Map((terms.bills ?? []).map(({ invoice_uuid, currency }) => [invoice_uuid, currency]));
  return segmentsOf(month).flatMap((segment) =>
    passingItems(segment.plan).flatMap((item) => {
      const parts = partsOf(
        month,
        segment,
        billed.filter(({ kind }) => kind === item.kind),
      );
      const byCurrency = Map.groupBy(parts, (part) => currencies.get(part.billed.invoice_uuid) ?? '');
      return [...byCurrency].flatMap(([currency, own]) =>
        lineOf({ month, segment, terms }, item, { currency, parts: own }),
      );
    }),
  );
};

const partsOf = (month: Month, { days }: Segment, billed: readonly BilledAmount[]): Part[] =>
  billed.flatMap((one) => {
    const covered = month.days.flatMap((day, index) => (day >= one.from && day < one.until ? [index] : []));
    const inside = covered.filter((day) => days.has(day)).length;
    if (inside === 0) return [];
    return [{ billed: one, amount: fraction(String(BigInt(one.amount_cents) * BigInt(inside)), covered.length) }];
  });

const lineOf = (
  { month, segment, terms }: { month: Month; segment: Segment; terms: BillTerms },
  item: PriceItem,
  { currency, parts }: { currency: string; parts: readonly Part[] },
): RatedLine[] => {
  const rate = billRateTo(terms, month.period, currency);
  const total = sum(parts.map(({ amount }) => amount));
  if (rate === undefined || isZero(total)) return [];
  const whole = times(total, fraction(1, minorPerUnit(currency)));
  const unitPrice = times(times(factorOf(item), fraction(rate?.rate ?? 1)), fraction(minorPerUnit(terms.currency)));
  const isPart = month.proration !== 'none' && segment.days.size !== month.days.length;
  const part = isPart ? ` (from ${segment.first}, ${segment.days.size} of ${month.days.length} days)` : '';
  const description = `Passed through ${item.kind}: provider billed ${billedText(item.kind, currency, parts)}${rateText(rate)}, ${markText(item.mark_up_percent ?? '0')}${part}`;
  return [
    {
      amount_cents: toWhole(times(whole, unitPrice), 'half_up', description),
      deployment_id: month.deployment_id,
      description,
      key: `${month.deployment_id}/overage/${item.kind}/${segment.first}/bill/${currency}`,
      kind: 'overage',
      meta: metaOf({ month, segment, item, rate, currency, total: whole, parts }),
      qty: toText(whole),
      resource_kind: item.kind,
      unit: currency,
      unit_price_cents: toText(unitPrice, 20),
    },
  ];
};

/** Keys ascend: an object in canonical order is hashed as it is. */
const metaOf = (of: {
  month: Month;
  segment: Segment;
  item: PriceItem;
  rate: ExchangeRate | null;
  currency: string;
  total: Fraction;
  parts: readonly Part[];
}): Record<string, Json> => ({
  billed: {
    amount: toText(of.total),
    bills: [...new Set(of.parts.map(({ billed }) => billed.invoice_uuid))].toSorted(),
    currency: of.currency,
    lines: of.parts.length,
    mark_up_percent: of.item.mark_up_percent ?? '0',
    ...(of.rate === null ? {} : { rate: { period: of.rate.period, rate: of.rate.rate } }),
  },
  charge_model: of.item.charge_model,
  days: dayRuns([...of.segment.days], of.month.days, of.month.after),
  price_source: 'plan',
});

/** How many descriptions of the bill a line quotes. */
const quoted = 2;

/** `12.34 USD for droplet web-1 (s-2vcpu-4gb)`, or with several lines of the bill their number and the dearest of them. */
const billedText = (kind: string, currency: string, parts: readonly Part[]): string => {
  const moneyOf = (amount: Fraction): string =>
    isZero({ num: amount.num.mod(amount.den), den: amount.den })
      ? formatMinor(toWhole(amount, 'down'), currency)
      : toText(times(amount, fraction(1, minorPerUnit(currency))), 4);
  const total = `${moneyOf(sum(parts.map(({ amount }) => amount)))} ${currency}`;
  const resource = (usageKinds[kind]?.resource ?? kind).replaceAll('_', ' ');
  const byText = [...Map.groupBy(parts, ({ billed }) => billed.description)]
    .map(([text, own]) => ({ text, amount: sum(own.map(({ amount }) => amount)) }))
    .toSorted((a, b) => compareAmounts(b.amount, a.amount) || (a.text < b.text ? -1 : 1));
  const [only, ...others] = byText;
  if (only !== undefined && others.length === 0) return `${total} for ${resource} ${only.text}`;
  const shown = byText.slice(0, quoted).map(({ text, amount }) => `${text} ${moneyOf(amount)}`);
  const rest = byText.length - shown.length;
  return `${total} for ${resource}: ${shown.join(', ')}${rest === 0 ? '' : ` and ${rest} more`}`;
};

const compareAmounts = (a: Fraction, b: Fraction): number => a.num.times(b.den).comparedTo(b.num.times(a.den));
