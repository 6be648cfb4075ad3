/** The English names of the months, January first. */
export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** A period in words: `2026-04` as `April 2026`. */
export const monthName = (period: string): string => {
  const [year = '', month = ''] = period.split('-');
  return `${monthNames[Number(month) - 1] ?? month} ${year}`;
};

/** A day, or the UTC day of an instant, in words: `2026-05-01` as `1 May 2026`. */
export const dayName = (day: string): string => `${Number(day.slice(8, 10))} ${monthName(day.slice(0, 7))}`;

/** Days of one month in words: `5–30 April 2026`; a single one as `dayName`. */
export const dayRangeName = (first: string, last: string): string => {
  if (first === last) return dayName(last);
  const from = Number(first.slice(8, 10));
  return first.slice(0, 7) === last.slice(0, 7) ? `${from}–${dayName(last)}` : `${dayName(first)} – ${dayName(last)}`;
};

const partOfMonth = /, (\d{4}-\d{2}-\d{2}) to (\d{4}-\d{2}-\d{2}) (\(\d+ of \d+ days\))$/;
const fromDay = / \(from (\d{4}-\d{2}-\d{2}), (\d+ of \d+ days\))$/;
const expiryDay = /(?<=, which expires on )\d{4}-\d{2}-\d{2}(?=, before tax$)/;
const rateOfMonth = / at ([\d.]+) \((\d{4}-\d{2})\)/g;

/**
 * The text or the explanation of an invoice's line with its days and months in words: `Studio, 2026-04-05 to 2026-04-30 (26 of 30 days)` as
 * `Studio, 5–30 April 2026 (26 of 30 days)`. Only what the rating wrote is changed, never a name or a text that somebody gave.
 */
export const lineDaysInWords = (line: string): string =>
  line
    .replace(partOfMonth, (_, first: string, last: string, days: string) => `, ${dayRangeName(first, last)} ${days}`)
    .replace(fromDay, (_, first: string, days: string) => ` (from ${dayName(first)}, ${days}`)
    .replace(expiryDay, (day) => dayName(day))
    .replaceAll(rateOfMonth, (_, rate: string, month: string) => ` at ${rate} (${monthName(month)})`);

/** What a line for a part of the month is for: `26 of 30 days`; null where it is for the whole month. */
export const partOfMonthIn = (line: string): string | null => partOfMonth.exec(line)?.[3]?.slice(1, -1) ?? null;
