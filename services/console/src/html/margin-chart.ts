import { monthName } from '@arcadia/contracts';
import { money, moneyOrUnknown, moneyText } from '../words/money.ts';
import { shortPeriod } from '../words/time.ts';
import { barChart } from './chart.ts';
import { type Html, html } from './html.ts';
import { table } from './table.ts';

type Month = { period: string; revenue: number; cost: number | null; margin: number | null };

/** Revenue, cost and margin by month: a chart, and its table. Costs that are not known yet are hatched. */
export const marginChart = (months: readonly Month[], currency: string): Html => {
  if (months.length === 0) return html`<p class="empty">No month has been invoiced or billed yet.</p>`;
  const shownMonths = months.slice(-12);
  const bar = (value: number | null, tone: 'one' | 'two' | 'three', words: string, period: string) => ({
    value,
    tone,
    title: `${words} of ${monthName(period)}: ${value === null ? 'not known yet' : moneyText(value, currency)}`,
  });
  return html`${barChart({
    id: 'margin',
    caption: 'Revenue, cost and margin by month',
    unit: currency,
    tick: (value) => moneyText(value, currency).replace(/\.0+ .*| [A-Z]{3}$/, ''),
    legend: [
      { tone: 'one', words: 'Revenue' },
      { tone: 'two', words: 'Cost' },
      { tone: 'three', words: 'Margin' },
      { tone: 'lost', words: 'Loss' },
      ...(shownMonths.some(({ cost }) => cost === null) ? [{ tone: 'unknown' as const, words: 'Not known yet' }] : []),
    ],
    groups: shownMonths.map(({ period, revenue, cost, margin }) => ({
      label: shortPeriod(period),
      bars: [
        bar(revenue, 'one', 'Revenue', period),
        bar(cost, 'two', 'Cost', period),
        bar(margin, 'three', 'Margin', period),
      ],
    })),
  })}
${table({
  caption: 'Revenue, cost and margin by month, newest first',
  empty: '',
  rows: shownMonths.toReversed(),
  columns: [
    {
      head: 'Month',
      isName: true,
      cell: ({ period }) => html`<a href="/margin?period=${period}">${monthName(period)}</a>`,
    },
    { head: 'Revenue', isFigure: true, cell: ({ revenue }) => money(revenue, currency) },
    { head: 'Cost', isFigure: true, cell: ({ cost }) => moneyOrUnknown(cost, currency) },
    { head: 'Margin', isFigure: true, cell: ({ margin }) => marginCell(margin, currency) },
  ],
})}`;
};

/** A margin; a loss is red and has a minus. */
export const marginCell = (margin: number | null, currency: string | null): Html =>
  margin !== null && margin < 0 && currency !== null
    ? html`<span class="loss">${money(margin, currency)}</span>`
    : moneyOrUnknown(margin, currency);
