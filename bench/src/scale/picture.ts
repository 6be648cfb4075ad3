import { curves, referenceOf, timesOf, tolerated } from './curves.ts';
import type { Measured } from './measured.ts';

const width = 860;
const height = 420;
const plot = { left: 60, right: 560, top: 30, bottom: 360 };
const ceiling = 2;

/** A picture (SVG) of how cost changes as the account grows: each curve as a multiple of its value at the reference size. */
export function pictureOf(all: readonly Measured[]): string {
  const reference = referenceOf(all);
  const logs = all.map(({ resources }) => Math.log10(resources));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const x = (resources: number) =>
    high === low
      ? (plot.left + plot.right) / 2
      : plot.left + ((Math.log10(resources) - low) / (high - low)) * (plot.right - plot.left);
  const y = (times: number) => plot.bottom - (Math.min(times, ceiling) / ceiling) * (plot.bottom - plot.top);
  const band = `<rect x="${plot.left}" y="${y(tolerated.most)}" width="${plot.right - plot.left}" height="${y(tolerated.least) - y(tolerated.most)}" fill="#e2e8f0"/>`;
  const grid = [0, 0.5, 1, 1.5, 2].map(
    (times) =>
      `<line x1="${plot.left}" y1="${y(times)}" x2="${plot.right}" y2="${y(times)}" stroke="#cbd5e1"/><text x="${plot.left - 8}" y="${y(times) + 4}" text-anchor="end">${times}×</text>`,
  );
  const ticks = all.map(
    ({ resources }) =>
      `<text x="${x(resources)}" y="${plot.bottom + 20}" text-anchor="middle">${resources.toLocaleString('en')}</text>`,
  );
  const lines = curves.map(({ field, color }) => {
    const points = all.flatMap((size) => {
      const times = timesOf(size, reference, field);
      return times === null ? [] : [[x(size.resources), y(times)] as const];
    });
    const dots = points.map(([cx, cy]) => `<circle cx="${fixed(cx)}" cy="${fixed(cy)}" r="3" fill="${color}"/>`);
    const path = points.map(([px, py]) => `${fixed(px)},${fixed(py)}`).join(' ');
    return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"/>${dots.join('')}`;
  });
  const legend = curves.map(({ name, color }, index) => {
    const at = plot.top + 20 + index * 24;
    return `<line x1="${plot.right + 24}" y1="${at}" x2="${plot.right + 48}" y2="${at}" stroke="${color}" stroke-width="3"/><text x="${plot.right + 56}" y="${at + 4}">${name}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13" role="img">
<title>Cost for each unit of work by the size of the account</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
${[band, ...grid, ...ticks, ...lines, ...legend].join('\n')}
<text x="${(plot.left + plot.right) / 2}" y="${plot.bottom + 44}" text-anchor="middle">resources</text>
<text x="${plot.left}" y="${plot.top - 10}">times the value at ${reference.resources.toLocaleString('en')} resources (grey: within a fifth)</text>
</svg>
`;
}

const fixed = (value: number): string => value.toFixed(1);
