import { dayName, formatMinor, type Json } from '@arcadia/contracts';
import { grouped } from './money.ts';
import { countOf, inWords, listed } from './names.ts';
import { timeText } from './time.ts';

/** A value that a command changed, in words. */
export type Change = { what: string; was: string; is: string };

type Fields = { readonly [key: string]: Json };

const isFields = (value: Json | undefined): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Fields that change with every command, whatever it does. */
const silent = new Set(['updated_at', 'revision', 'updated_by']);

/**
 * What differs between an object before a command and after it, each value in a sentence's words. `before` null: the object is new,
 * so all that it has is listed; `after` null: it is gone.
 */
export const changesOf = (before: Json, after: Json): Change[] => {
  if (!isFields(before) && !isFields(after)) return [];
  const [was, is] = [isFields(before) ? before : {}, isFields(after) ? after : {}];
  return differences([was, is], '', currencyIn(is) ?? currencyIn(was));
};

const currencyIn = ({ currency }: Fields): string | null => (typeof currency === 'string' ? currency : null);

const differences = ([was, is]: [Fields, Fields], within: string, currency: string | null): Change[] =>
  [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((name) => !silent.has(name) && JSON.stringify(was[name] ?? null) !== JSON.stringify(is[name] ?? null))
    .flatMap((name): Change[] => {
      const [old, now] = [was[name] ?? null, is[name] ?? null];
      const words = inWords(name.replace(/_(cents|minor)$/, ''));
      const what = within === '' ? words : `${within}: ${words.charAt(0).toLowerCase()}${words.slice(1)}`;
      if (isCut(old) || isCut(now))
        return [{ what, was: inValue(name, old, currency), is: inValue(name, now, currency) }];
      if (isFields(old) && isFields(now)) return differences([old, now], what, currency);
      if (isList(old) && isList(now)) return itemChanges([old, now], what, currency);
      return [{ what, was: inValue(name, old, currency), is: inValue(name, now, currency) }];
    });

const isList = (value: Json): value is readonly Fields[] =>
  Array.isArray(value) && value.every((item: Json) => isFields(item));

/** The items of a list that are new, gone, or changed under the same id. */
const itemChanges = (
  [was, is]: [readonly Fields[], readonly Fields[]],
  what: string,
  currency: string | null,
): Change[] => {
  const idOf = (item: Fields): string | null => {
    const name = Object.keys(item).find((key) => key.endsWith('_id'));
    return name === undefined ? null : JSON.stringify(item[name]);
  };
  const same = (item: Fields, others: readonly Fields[]): Fields | undefined =>
    others.find(
      (other) => JSON.stringify(other) === JSON.stringify(item) || (idOf(item) !== null && idOf(other) === idOf(item)),
    );
  return [
    ...is.flatMap((item): Change[] => {
      const before = same(item, was);
      if (before === undefined) return [{ what, was: '', is: `added: ${itemInWords(item, currency)}` }];
      return differences([before, item], `${what}, ${nameOf(item)}`, currencyIn(item) ?? currency);
    }),
    ...was
      .filter((item) => same(item, is) === undefined)
      .map((item) => ({ what, was: itemInWords(item, currency), is: 'removed' })),
  ];
};

const nameOf = (item: Fields): string =>
  String(item['name'] ?? item['code'] ?? item['plan_code'] ?? item['kind'] ?? 'one');

/** The simple values of an item, at most six. */
const itemInWords = (item: Fields, currency: string | null): string =>
  Object.entries(item)
    .filter(([name, value]) => !name.endsWith('_id') && value !== null && typeof value !== 'object' && value !== '')
    .slice(0, 6)
    .map(([name, value]) => `${inWords(name.replace(/_cents$/, '')).toLowerCase()} ${inValue(name, value, currency)}`)
    .join(', ');

const isCut = (value: Json): value is Fields => isFields(value) && value['truncated'] === true;

/** A single value in words, by the name of its field. */
export const inValue = (name: string, value: Json, currency: string | null = null): string => {
  if (value === null || value === undefined || value === '') return 'none';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number')
    return /_(cents|minor)$/.test(name)
      ? currency === null
        ? `${grouped(String(value))} cents`
        : `${grouped(formatMinor(value, currency))} ${currency}`
      : grouped(String(value));
  if (typeof value === 'string') return inText(value);
  if (isCut(value)) return `too large to be shown (${String(value['bytes'])} bytes)`;
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    if (items.length === 0) return 'none';
    return items.every((item) => typeof item !== 'object' || item === null) && items.length <= 6
      ? listed(items.map((item) => inValue(name, item, currency)))
      : countOf(items.length, 'entry', 'entries');
  }
  return (isFields(value) && itemInWords(value, currency)) || 'an object';
};

const inText = (text: string): string => {
  if (/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(text)) return timeText(text);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return dayName(text);
  return /^[a-z]+(_[a-z0-9]+)+$/.test(text) ? inWords(text) : text;
};
