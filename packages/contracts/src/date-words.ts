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
