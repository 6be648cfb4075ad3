import {
  formatMoney,
  formatMoneyPrice,
  invoicing,
  lineDaysInWords,
  monthName,
  partOfMonthIn,
} from '@arcadia/contracts';
import { fraction, times, toText } from '../rating/fraction.ts';
import { isPassedThrough } from '../rating/pass-through-lines.ts';
import type { RatedLine } from '../rating/rated-line.ts';
import { aboveIncluded, quantityOf, shownQuantity, subjectOf, withUnit } from './usage-words.ts';

const { chargeModel } = invoicing;

/** The fields of a line that documents show. */
export type DocumentLine = Pick<
  RatedLine,
  | 'kind'
  | 'deployment_id'
  | 'resource_kind'
  | 'description'
  | 'qty'
  | 'unit'
  | 'unit_price_cents'
  | 'amount_cents'
  | 'meta'
>;

/** What an addon adds to the included quantity, by the id of its attachment, and by its code as it was attached last. */
export type AddonWords = ReadonlyMap<string, { kind: string; qty: string }>;

/** A line in words, ready to be drawn. */
export type LineWords = { text: string; note: string | null; quantity: string; price: string; amount: string };

type Given = { currency: string; addons: AddonWords };

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export const lineWords = (line: DocumentLine, given: Given): LineWords => {
  const { currency } = given;
  const isAmountOnly = ['adjustment', 'discount', 'commitment', 'credit'].includes(line.kind);
  return {
    text: textOf(line, given),
    note: noteOf(line, currency),
    quantity: isAmountOnly ? '' : quantityText(line),
    price: isAmountOnly ? '' : priceOf(line, currency),
    amount: formatMoney(line.amount_cents, currency),
  };
};

/**
 * How many of an addon, and for how long each: `2 × 1 month`. Its quantity is both multiplied, and would read as months. A part of a
 * month is named by its days, `20 of 30 days`: as a share of the month it would be cut.
 */
const quantityText = ({ kind, qty, unit, description }: DocumentLine): string => {
  const days = kind === 'addon' || kind === 'plan_base' ? partOfMonthIn(description) : null;
  const [held = '1', whole = '1'] = days?.replace(' days', '').split(' of ') ?? [];
  const count = kind === 'addon' ? toText(times(fraction(qty), fraction(whole, held)), 6) : '1';
  const each = days ?? withUnit('1', unit);
  if (count === '1') return days ?? withUnit(qty, unit);
  return /^\d+$/.test(count) ? `${shownQuantity(count)} × ${each}` : withUnit(qty, unit);
};

const textOf = (line: DocumentLine, { addons }: Given): string => {
  const { kind, resource_kind: resource, description, meta } = line;
  if (kind === 'overage' && resource !== null && meta.billed !== undefined) return passedThrough(resource, description);
  if (kind === 'overage' && resource !== null)
    return `${aboveIncluded(resource, text(meta.included), sizeOf(description))}${daysOf(description)}`;
  if (kind === 'addon') return addonText([text(meta.addon), text(meta.addon_id)], description, addons);
  if (kind === 'plan_base' || kind === 'overage') return lineDaysInWords(namingKind(description, resource));
  if (kind !== 'adjustment') return namingKind(description, resource);
  const period = text(meta.adjusts_period);
  const of = keyWords(
    { line_key: text(meta.adjusts_key), resource_kind: resource, description: original(line) },
    addons,
  );
  return `Adjustment for ${monthName(period)}: ${of}`;
};

/** A text with the name of a billing kind in place of its code. */
const namingKind = (sentence: string, kind: string | null): string =>
  kind === null ? sentence : sentence.replaceAll(kind, subjectOf(kind).toLowerCase());

/** A corrected or credited line in words, from its key and the text of the line. */
export const keyWords = (
  line: { line_key: string; resource_kind: string | null; description: string },
  addons: AddonWords,
): string => {
  // The key of a corrected line that is credited by hand begins with its correction.
  const [, part = '', code = '', addonId = ''] = line.line_key.replace(/^adjustment\/[^/]+\//, '').split('/');
  if (part === 'base') return lineDaysInWords(line.description);
  if (part === 'addon') return addonText([code, addonId], line.description, addons);
  if (part !== 'overage' || line.resource_kind === null) return namingKind(line.description, line.resource_kind);
  if (isPassedThrough(line.line_key)) return passedThrough(line.resource_kind, line.description);
  const included = / used, ([\d.]+)(?: of [\d.]+)? included/.exec(line.description)?.[1] ?? '0';
  return `${aboveIncluded(line.resource_kind, included, sizeOf(line.description))}${daysOf(line.description)}`;
};

/** `Droplet hours: provider billed …` */
const passedThrough = (kind: string, description: string): string =>
  lineDaysInWords(description).replace(/^Passed through \w+: /, `${subjectOf(kind)}: `);

const original = ({ description, meta }: DocumentLine): string =>
  description.replace(`Adjustment for ${text(meta.adjusts_period)}: `, '');

const addonText = (
  [code, addonId]: [code: string, addonId: string],
  description: string,
  addons: AddonWords,
): string => {
  const prefix = `Addon: ${code}`;
  const addon = addons.get(addonId) ?? addons.get(code);
  if (addon === undefined || !description.startsWith(prefix)) return lineDaysInWords(description);
  return lineDaysInWords(`Addon: ${quantityOf(addon.kind, addon.qty)}${description.slice(prefix.length)}`);
};

/** ` (from 16 April 2026, 15 of 30 days)`, where a line is for a part of the month. */
const daysOf = (description: string): string => lineDaysInWords(/ \(from [^)]*\)$/.exec(description)?.[0] ?? '');

/** The sizes of `Overage droplet_hours g-*: …` or `Overage droplet_hours, other sizes: …`; empty where a price is for all. */
const sizeOf = (description: string): string => /^Overage \w+,? ([^:]+): /.exec(description)?.[1] ?? '';

const priceOf = ({ kind, unit_price_cents, meta }: DocumentLine, currency: string): string => {
  const per = text(meta.overage_unit);
  const price = text(meta.overage_price_cents);
  if (kind === 'overage' && meta.charge_model === 'standard' && per !== '' && per !== '1' && price !== '')
    return `${formatMoneyPrice(price, currency)} per ${shownQuantity(per)}`;
  const isTiered = kind === 'overage' && Array.isArray(meta.tiers) && meta.tiers.length > 1;
  return isTiered ? 'in tiers' : formatMoneyPrice(unit_price_cents, currency);
};

/** How the amount of a line came about: the quantities of an overage with its tiers, or both amounts of an adjustment. */
const noteOf = ({ kind, resource_kind, meta }: DocumentLine, currency: string): string | null => {
  if (kind === 'adjustment' && typeof meta.old_cents === 'number' && typeof meta.new_cents === 'number')
    return `was ${formatMoney(meta.old_cents, currency)}, is now ${formatMoney(meta.new_cents, currency)}`;
  const explanation =
    text(meta.explanation) === '' ? [] : [namingKind(lineDaysInWords(text(meta.explanation)), resource_kind)];
  if (kind !== 'overage' || resource_kind === null || meta.billed !== undefined) return explanation[0] ?? null;
  const [used, included, over] = [meta.used, meta.included, meta.over].map((qty) => shownQuantity(text(qty)));
  const tiers = Array.isArray(meta.tiers) ? (meta.tiers as { qty: string; unit_price_cents: string }[]) : [];
  const parts = tiers.map(
    ({ qty, unit_price_cents: price }) => `${shownQuantity(qty)} at ${formatMoneyPrice(price, currency)}`,
  );
  const counts = `${used} used, ${included} included, ${over} charged`;
  return [counts, ...(parts.length === 0 ? [] : [parts.join(', ')]), ...ruleOf(meta), ...explanation].join('; ');
};

const ruleOf = (meta: DocumentLine['meta']): string[] => {
  const per = shownQuantity(text(meta.overage_unit));
  const by = chargeModel.safeParse(meta.charge_model).data;
  if (by === 'package') return [`each started ${per} is charged whole`];
  if (by === 'volume') return ['the tier that is reached prices everything'];
  return by === 'graduated' && per !== '1' && per !== '' ? [`prices per ${per}`] : [];
};
