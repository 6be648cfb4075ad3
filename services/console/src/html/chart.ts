import { type Html, html, none } from './html.ts';

export type Tone = 'one' | 'two' | 'three' | 'four' | 'lost';

export type Bar = {
  /** In any unit; null: not known yet, which is hatched and never zero. */
  value: number | null;
  tone: Tone;
  /** What the bar shows, with its figure: read out, and shown on hover. */
  title: string;
};

export type BarGroup = { label: string; bars: readonly Bar[] };

export type BarChart = {
  /** Unique on the page. */
  id: string;
  caption: string;
  groups: readonly BarGroup[];
  legend: readonly { tone: Tone | 'unknown'; words: string }[];
  /** The unit of the figures, as it stands below the chart: "AUD", "hours". */
  unit: string;
  /** The figure beside a line of the grid. */
  tick: (value: number) => string;
  /** True: the bars of a group stand on each other. */
  isStacked?: boolean;
};

const size = { width: 760, height: 230, left: 64, right: 8, top: 10, bottom: 26 };

/** The bars of groups over time, as SVG. Every chart has its table beside it, so it is one image to a screen reader. */
export const barChart = (chart: BarChart): Html => {
  const { groups, isStacked = false } = chart;
  const heights = groups.flatMap(({ bars }) =>
    isStacked ? [bars.reduce((sum, { value }) => sum + (value ?? 0), 0)] : bars.map(({ value }) => value ?? 0),
  );
  const scale = scaleOf(Math.min(0, ...heights), Math.max(0, ...heights));
  const y = (value: number): number =>
    size.top + ((scale.top - value) / (scale.top - scale.bottom)) * (size.height - size.top - size.bottom);
  const slot = (size.width - size.left - size.right) / Math.max(groups.length, 1);
  const step = Math.ceil(groups.length / 12);
  return html`<figure class="chart"><figcaption class="unseen">${chart.caption}</figcaption>
<div class="scroll" role="region" aria-label="${chart.caption}" tabindex="0"><svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${chart.caption}" class="wide">
<defs><pattern id="${chart.id}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V6" class="hatch"/></pattern></defs>
${scale.ticks.map((tick) => html`<path class="${tick === 0 ? 'zero' : 'axis'}" d="M${size.left} ${round(y(tick))}H${size.width - size.right}"/><text x="${size.left - 8}" y="${round(y(tick) + 4)}" text-anchor="end">${chart.tick(tick)}</text>`)}
${groups.map((group, index) => {
  const x = size.left + index * slot;
  return html`${(isStacked ? stacked : sideBySide)(group, { x, slot, y, hatch: `url(#${chart.id}-hatch)` })}${index % step === 0 ? html`<text x="${round(x + slot / 2)}" y="${size.height - 8}" text-anchor="middle">${group.label}</text>` : none}`;
})}</svg></div>${legendOf(chart)}</figure>`;
};

type Place = { x: number; slot: number; y: (value: number) => number; hatch: string };

const sideBySide = ({ bars }: BarGroup, { x, slot, y, hatch }: Place): Html => {
  const gap = Math.min(slot * 0.14, 16);
  const width = Math.min((slot - 2 * gap) / bars.length, 34);
  const start = x + (slot - width * bars.length) / 2;
  const known = Math.max(0, ...bars.map(({ value }) => value ?? 0));
  return html`${bars.map((bar, index) => {
    const left = round(start + index * width + 1);
    const across = round(Math.max(width - 2, 1));
    if (bar.value === null)
      return html`<rect class="hatched" fill="${hatch}" x="${left}" y="${round(y(0) - Math.max(y(0) - y(known), 24))}" width="${across}" height="${round(Math.max(y(0) - y(known), 24))}"><title>${bar.title}</title></rect>`;
    return rect(bar, { left, across, from: bar.value, to: 0, y });
  })}`;
};

const stacked = ({ bars }: BarGroup, { x, slot, y }: Place): Html => {
  const across = round(Math.min(slot * 0.72, 34));
  const left = round(x + (slot - across) / 2);
  let below = 0;
  return html`${bars.map((bar) => {
    const from = below + (bar.value ?? 0);
    const shape = rect(bar, { left, across, from, to: below, y });
    below = from;
    return shape;
  })}`;
};

const rect = (
  { tone, title }: Bar,
  {
    left,
    across,
    from,
    to,
    y,
  }: { left: number; across: number; from: number; to: number; y: (value: number) => number },
): Html => {
  const [upper, lower] = [y(Math.max(from, to)), y(Math.min(from, to))];
  const height = Math.max(lower - upper, from === to ? 0 : 1);
  return html`<rect class="${from < to ? 'lost' : tone}" x="${left}" y="${round(upper)}" width="${across}" height="${round(height)}" rx="${Math.min(2, across / 4)}"><title>${title}</title></rect>`;
};

const legendOf = ({ legend, id, unit }: BarChart): Html =>
  html`<ul class="legend">${legend.map(
    ({ tone, words }) =>
      html`<li><svg viewBox="0 0 12 12" aria-hidden="true">${tone === 'unknown' ? html`<rect width="12" height="12" class="hatched" fill="url(#${id}-hatch)"/>` : html`<rect width="12" height="12" class="${tone}"/>`}</svg>${words}</li>`,
  )}<li>in ${unit}</li></ul>`;

const round = (value: number): number => Math.round(value * 10) / 10;

/** Four or so lines at round figures that cover the values. Drawing only: no amount passes through here to anything else. */
const scaleOf = (lowest: number, highest: number): { top: number; bottom: number; ticks: number[] } => {
  const span = highest - lowest || 1;
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const top = Math.ceil(highest / step) * step || step;
  const bottom = Math.floor(lowest / step) * step;
  const count = Math.round((top - bottom) / step);
  return { top, bottom, ticks: Array.from({ length: count + 1 }, (_, index) => bottom + index * step) };
};
