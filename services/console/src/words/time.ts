import { monthNames } from '@arcadia/contracts';
import { type Html, html } from '../html/html.ts';

/** A day without its year: "1 Apr". */
export const shortDay = (day: string): string => {
  const { month, day: number } = Temporal.PlainDate.from(day);
  return `${number} ${monthNames[month - 1]?.slice(0, 3)}`;
};

/** A period in a narrow place: "Apr 26". */
export const shortPeriod = (period: string): string => {
  const { year, month } = Temporal.PlainYearMonth.from(period);
  return `${monthNames[month - 1]?.slice(0, 3)} ${String(year).slice(2)}`;
};

/** An instant as text: "1 May 2026, 03:00 UTC". */
export const timeText = (instant: string): string => {
  const at = Temporal.Instant.from(instant).toZonedDateTimeISO('UTC');
  const [hour, minute] = [at.hour, at.minute].map((part) => String(part).padStart(2, '0'));
  return `${at.day} ${monthNames[at.month - 1]?.slice(0, 3)} ${at.year}, ${hour}:${minute} UTC`;
};

/** An instant; the browser shows the local time on hover. */
export const time = (instant: string): Html => html`<time datetime="${instant}">${timeText(instant)}</time>`;

/** An instant, or a word where there is none. */
export const timeOr = (instant: string | null, otherwise: string): Html =>
  instant === null ? html`<span class="quiet">${otherwise}</span>` : time(instant);

/** How long something took or takes: "3 h 20 min". */
export const durationText = (from: string, to: string): string => {
  const seconds = Temporal.Instant.from(from).until(Temporal.Instant.from(to)).total('seconds');
  if (seconds < 1) return 'less than a second';
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h ${Math.round((seconds % 3_600) / 60)} min`;
  return `${Math.round(seconds / 86_400)} days`;
};
