import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { money } from '../words/money.ts';
import { time } from '../words/time.ts';
import { html } from './html.ts';
import { table } from './table.ts';

type Row = { id: number; name: string; cents: number; at: string };

const rows: Row[] = Array.from({ length: 200 }, (_, id) => ({
  id,
  name: `resource-${id}`,
  cents: 1000 + id * 37,
  at: `2026-09-${String((id % 28) + 1).padStart(2, '0')}T08:00:00Z`,
}));

const page = (): string =>
  String(
    table({
      caption: 'Resources',
      empty: 'There is none.',
      rows,
      columns: [
        { head: 'Name', isName: true, cell: ({ id, name }: Row) => html`<a href="/inventory/${id}">${name}</a>` },
        { head: 'Kind', cell: () => 'Droplet' },
        { head: 'Seen', cell: ({ at }: Row) => time(at) },
        { head: 'Cost', isFigure: true, cell: ({ cents }: Row) => money(cents, 'AUD') },
      ],
    }),
  );

test('a table of 200 rows is within the size of a page, and rendered within the time of the processor that the plan gives it', () => {
  expect(gzipSync(page()).length).toBeLessThan(15 * 1024);
  for (let warm = 0; warm < 30; warm += 1) page();
  const runs = 100;
  const before = process.cpuUsage();
  for (let run = 0; run < runs; run += 1) page();
  const { user } = process.cpuUsage(before);
  // Two milliseconds are the bar; the other half is room for a machine that is slower than ours.
  expect(user / runs).toBeLessThan(4000);
});

test('each cell carries the head of its column for narrow screens, and the roles of a table', () => {
  const shown = page();
  expect(shown).toContain('<td role="cell" data-head="Cost" class="figure">');
  expect(shown.match(/role="row"/g)).toHaveLength(rows.length + 1);
  expect(shown.match(/role="rowheader"/g)).toHaveLength(rows.length);
});
