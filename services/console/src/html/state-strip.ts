import { dayName } from '@arcadia/contracts';
import { durationText, time } from '../words/time.ts';
import { type Html, html } from './html.ts';
import { table } from './table.ts';

export type StripState = 'on' | 'off' | 'gone' | 'unowned';

export type Stretch = { state: StripState; from: string; to: string; words: string };

const stateWords: Record<StripState, string> = { on: 'On', off: 'Off', gone: 'Not there', unowned: 'On, unowned' };

/** The states of a resource over a span of time: a strip, with each state in words beside it. */
export const stateStrip = (
  stretches: readonly Stretch[],
  span: { from: string; to: string; caption: string },
): Html => {
  const start = Temporal.Instant.from(span.from).epochMilliseconds;
  const whole = Temporal.Instant.from(span.to).epochMilliseconds - start;
  const x = (at: string): number =>
    Math.round(((Temporal.Instant.from(at).epochMilliseconds - start) / whole) * 10_000) / 10;
  const used = [...new Set(stretches.map(({ state }) => state))];
  return html`<figure class="chart strip"><figcaption class="unseen">${span.caption}</figcaption>
<svg viewBox="0 0 1000 40" preserveAspectRatio="none" height="36" role="img" aria-label="${span.caption}">${stretches.map(
    ({ state, from, to, words }) =>
      html`<rect class="${state}" x="${x(from)}" y="0" width="${Math.max(x(to) - x(from), 1)}" height="40"><title>${words}</title></rect>`,
  )}</svg>
<ul class="legend">${used.map((state) => html`<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect class="${state}" width="12" height="12"/></svg>${stateWords[state]}</li>`)}<li>${dayName(span.from.slice(0, 10))} to ${dayName(span.to.slice(0, 10))}</li></ul></figure>
${table({
  caption: `${span.caption}, in words`,
  empty: 'Nothing is known of this time.',
  rows: stretches,
  columns: [
    { head: 'State', isName: true, cell: ({ words }) => words },
    { head: 'From', cell: ({ from }) => time(from) },
    { head: 'To', cell: ({ to }) => time(to) },
    { head: 'Lasted', isFigure: true, cell: ({ from, to }) => durationText(from, to) },
  ],
})}`;
};
