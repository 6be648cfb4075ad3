import {
  Decimal,
  dayName,
  type invoicing,
  type Json,
  lineDaysInWords,
  monthName,
  partOfMonthIn,
} from '@arcadia/contracts';
import type { z } from 'zod';
import { quantityText, shownQuantity, unitPriceText } from './money.ts';
import { inSentence, inWords, kindInWords, unitOfKind } from './names.ts';
import { shortDay } from './time.ts';

export type Line = z.infer<typeof invoicing.invoiceLine>;

const text = (value: Json | undefined): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

type Run = { from: string; until: string };
const runsIn = (value: Json | undefined): Run[] =>
  Array.isArray(value) ? (value as unknown as Run[]).filter((run) => typeof run?.from === 'string') : [];

/** The last day before an exclusive end. */
const lastDayBefore = (until: string): string => Temporal.PlainDate.from(until).subtract({ days: 1 }).toString();

/** Days in words: "1 Apr to 30 Apr". */
export const runsText = (days: Json | undefined): string =>
  runsIn(days)
    .map(({ from, until }) => {
      const last = lastDayBefore(until);
      return from === last ? shortDay(from) : `${shortDay(from)} to ${shortDay(last)}`;
    })
    .join(', ');

/** What a line charges, in a few words that a customer understands. */
export const lineTitle = (line: Line): string => {
  if (line.kind === 'overage' && line.resource_kind !== null) {
    const included = text(line.meta['included']);
    const name = kindInWords(line.resource_kind);
    return included === '' || included === '0'
      ? name
      : `${name} above the ${quantityText(included, unitOfKind(line.resource_kind))} included`;
  }
  if (line.kind === 'addon')
    return `Addon ${inWords(text(line.meta['addon']) || line.description.replace(/^Addon: /, ''))}`;
  if (line.kind === 'plan_base') return `Plan ${lineDaysInWords(line.description)}`;
  return line.kind === 'adjustment' ? correctionTitle(line) : line.description;
};

/** A correction by the month and the charge that it corrects. */
const correctionTitle = ({ meta, resource_kind, description }: Line): string => {
  const period = text(meta['adjusts_period']);
  const corrected = lineDaysInWords(description.replace(/^Adjustment for \d{4}-\d\d: /, ''));
  const addon = /^Addon: (\S+)/.exec(corrected)?.[1];
  const charge =
    resource_kind !== null
      ? inSentence(kindInWords(resource_kind))
      : addon !== undefined
        ? `addon ${inWords(addon)}`
        : corrected;
  return period === '' ? charge : `Correction of ${monthName(period)}: ${charge}`;
};

/** How the amount of an overage line comes about, without the resources behind it. */
export const overageSteps = (
  line: Line,
  currency: string,
): { used: string; included: string; over: string; price: string } => {
  const unit = unitOfKind(line.resource_kind ?? '') || line.unit;
  const per = text(line.meta['overage_unit']);
  const price = unitPriceText(text(line.meta['overage_price_cents']) || line.unit_price_cents, currency);
  return {
    used: quantityText(text(line.meta['used']) || line.qty, unit),
    included: quantityText(text(line.meta['included']) || '0', unit),
    over: quantityText(text(line.meta['over']) || line.qty, unit),
    price: per === '' || per === '1' ? `${price} each` : `${price} for every ${shownQuantity(per)}`,
  };
};

/** The calculation of a line: "672 h × 0.01 AUD". */
export const calculation = (line: Line, currency: string): string => {
  if (line.kind === 'tax') return '';
  if (line.kind === 'discount' || line.kind === 'commitment' || line.kind === 'credit') return explanationOf(line);
  const isTiered = Array.isArray(line.meta['tiers']) && (line.meta['tiers'] as unknown[]).length > 0;
  if (isTiered) return `${quantityText(line.qty, line.unit)} by tiers`;
  if (line.kind !== 'overage') return `${fixedQuantity(line)} × ${unitPriceText(line.unit_price_cents, currency)}`;
  const per = text(line.meta['overage_unit']);
  const isPackage = line.meta['charge_model'] === 'package';
  const price = unitPriceText(text(line.meta['overage_price_cents']) || line.unit_price_cents, currency);
  return per === '' || per === '1' || isPackage
    ? `${quantityText(line.qty, line.unit)} × ${price}`
    : `${quantityText(line.qty, line.unit)} × ${price} for every ${shownQuantity(per)}`;
};

/** How many of a base or an addon: `1`, or for a part of the month `20 of 30 days`, and several as `2 × 20 of 30 days`. */
const fixedQuantity = ({ kind, qty, description }: Line): string => {
  const days = kind === 'plan_base' || kind === 'addon' ? partOfMonthIn(description) : null;
  if (days === null) return shownQuantity(qty, 4);
  const [held = '1', whole = '1'] = days.replace(' days', '').split(' of ');
  const count = new Decimal(qty).times(whole).div(held).toDecimalPlaces(6);
  if (!count.isInteger()) return shownQuantity(qty, 4);
  return count.eq(1) ? days : `${shownQuantity(count.toFixed())} × ${days}`;
};

/** Why a line is on the invoice, in one or two sentences, for lines that no usage is behind. */
export const reasonOf = (line: Line): string => {
  const days = runsText(line.meta['days']);
  switch (line.kind) {
    case 'plan_base':
      return `The price of the plan for the month${days === '' ? '' : ` (${days})`}, before any usage.`;
    case 'addon':
      return `An addon that was attached to the plan${days === '' ? '' : ` (${days})`}.`;
    case 'adjustment': {
      const period = text(line.meta['adjusts_period']);
      return `A correction of ${period === '' ? 'an earlier month' : monthName(period)}, which changed after it was invoiced.`;
    }
    case 'tax':
      return 'Tax on the subtotal of the invoice.';
    case 'manual':
      return 'Added by hand by the operator.';
    case 'overage':
      return 'Usage above the quantity that the plan includes.';
    case 'discount':
      return 'A discount on charges of the month, before tax. Each discount is taken from what the ones before it left.';
    case 'commitment':
      return 'What the charges of the month, less discounts, lack to the minimum that is agreed.';
    case 'credit':
      return 'Granted credit, which lowers the invoice before tax.';
  }
};

/** How the amount of a line came about in words, where its rating has them; empty otherwise. */
export const explanationOf = (line: Line): string => lineDaysInWords(text(line.meta['explanation']));

/** Where the price of an overage line comes from. */
export const priceSource = (line: Line): string => {
  const validFrom = text(line.meta['price_valid_from']);
  return line.meta['price_source'] === 'fallback'
    ? `the price list${validFrom === '' || validFrom === '2000-01-01' ? '' : ` of ${dayName(validFrom)}`}, because the plan does not price it`
    : 'the plan';
};

/** An exact quantity in the meta of a line. */
export const metaDecimal = (line: Line, name: string): Decimal | null => {
  const value = text(line.meta[name]);
  return value === '' ? null : new Decimal(value);
};
