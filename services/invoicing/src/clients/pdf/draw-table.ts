import type { Column, Group, Row, Section } from '../../domain/documents/document.ts';
import { contentWidth, drawLines, gap, heightOf, makeRoom, newPage, type Page, page, rule, styles } from './page.ts';
import { linesOf, type TextLine } from './text-layout.ts';

type Table = Extract<Section, { type: 'table' }>;
type PlacedColumn = Column & { x: number; width: number };

/** A right-aligned column is at most this wide, and the column without a width at least that, in points. */
const widest = 130;
const narrowest = 120;

/** How much wider a column would have to be for the longest of its cells; an amount is not divided between lines. */
const lackingOf = (at: Page, { align, width }: Column, cells: readonly string[]): number => {
  if (align !== 'right' || width === null) return 0;
  // No character is wider than this, so that most cells need no measuring.
  const surely = styles.body.size * 0.8;
  const long = cells.filter((text) => text.length * surely > width || !/^[\x20-\x7e]*$/.test(text));
  const longest = long.reduce((most, text) => {
    const drawn = linesOf(text, styles.body, widest, at.by)[0]?.width ?? 0;
    return Math.max(most, drawn);
  }, 0);
  // A point more than needed: the words of a line are measured one by one.
  return Math.max(0, Math.min(widest, longest + 1) - width);
};

const placeColumns = (at: Page, { columns, groups }: Table): PlacedColumn[] => {
  const rows = groups.flatMap((group) => group.rows);
  const lacking = columns.map((column, index) =>
    lackingOf(
      at,
      column,
      rows.map(({ cells }) => cells[index] ?? ''),
    ),
  );
  const fixed = columns.reduce((sum, { width }) => sum + (width ?? 0), 0) + gap * (columns.length - 1);
  const wanted = lacking.reduce((sum, each) => sum + each, 0);
  const spare = Math.max(0, contentWidth - fixed - narrowest);
  const granted = wanted <= spare ? 1 : spare / wanted;
  let x: number = page.left;
  return columns.map((column, index) => {
    const width =
      column.width === null ? contentWidth - fixed - wanted * granted : column.width + (lacking[index] ?? 0) * granted;
    const placed = { ...column, x, width };
    x += width + gap;
    return placed;
  });
};

/** Draws a table; it continues on as many pages as it needs. */
export const drawTable = (at: Page, table: Table): void => {
  if (table.isOnNewPage && at.y > page.top) newPage(at);
  const columns = placeColumns(at, table);
  makeRoom(at, 90);
  if (table.heading !== null) {
    const lines = linesOf(table.heading, styles.heading, contentWidth, at.by);
    drawLines(at, lines, styles.heading, { x: page.left, y: at.y, width: contentWidth, align: 'left' });
    at.y += heightOf(lines, styles.heading) + 4;
  }
  drawColumnHeads(at, columns);
  for (const group of table.groups) drawGroup(at, columns, group);
  at.y += 8;
};

const drawColumnHeads = (at: Page, columns: readonly PlacedColumn[]): void => {
  const heads = columns.map((column) => linesOf(column.head, styles.label, column.width, at.by));
  for (const [index, column] of columns.entries())
    drawLines(at, heads[index] ?? [], styles.label, { ...column, y: at.y });
  at.y += Math.max(...heads.map((lines) => heightOf(lines, styles.label))) + 2;
  rule(at, at.y, '#666666');
  at.y += 4;
};

type MeasuredRow = { cells: TextLine[][]; note: TextLine[]; height: number };

const measureRow = (at: Page, columns: readonly PlacedColumn[], row: Row): MeasuredRow => {
  const cells = columns.map(({ width }, index) => linesOf(row.cells[index] ?? '', styles.body, width, at.by));
  const note = row.note === null ? [] : linesOf(row.note, styles.small, columns[0]?.width ?? contentWidth, at.by);
  const first = heightOf(cells[0] ?? [], styles.body) + heightOf(note, styles.small);
  return { cells, note, height: Math.max(first, ...cells.map((lines) => heightOf(lines, styles.body))) + 5 };
};

/** A note that would fill a page by itself is cut; everything in it is in the JSON too. */
const mostNoteLines = 40;

const drawRow = (at: Page, columns: readonly PlacedColumn[], { cells, note, height }: MeasuredRow): void => {
  for (const [index, column] of columns.entries())
    drawLines(at, cells[index] ?? [], styles.body, { ...column, y: at.y });
  const [first] = columns;
  if (first !== undefined)
    drawLines(at, note, styles.small, { ...first, y: at.y + heightOf(cells[0] ?? [], styles.body) });
  at.y += height;
  rule(at, at.y - 3, '#e5e5e5');
};

const drawGroupHeading = (at: Page, heading: string): void => {
  const lines = linesOf(heading, styles.bold, contentWidth, at.by);
  drawLines(at, lines, styles.bold, { x: page.left, y: at.y, width: contentWidth, align: 'left' });
  at.y += heightOf(lines, styles.bold) + 3;
};

const drawGroup = (at: Page, columns: readonly PlacedColumn[], group: Group): void => {
  const headingHeight =
    group.heading === null ? 0 : heightOf(linesOf(group.heading, styles.bold, contentWidth, at.by), styles.bold) + 3;
  for (const [index, row] of group.rows.entries()) {
    const measured = measureRow(at, columns, row);
    if (measured.note.length > mostNoteLines) {
      measured.height -= heightOf(measured.note.slice(mostNoteLines), styles.small);
      measured.note.length = mostNoteLines;
    }
    const isLast = index === group.rows.length - 1;
    const subtotal = isLast && group.subtotal !== null ? measureSubtotal(at, group.subtotal).height : 0;
    const isContinued = index > 0;
    if (makeRoom(at, measured.height + subtotal + (isContinued ? 0 : headingHeight))) {
      drawColumnHeads(at, columns);
      if (isContinued && group.heading !== null) drawGroupHeading(at, `${group.heading} (continued)`);
    }
    if (!isContinued && group.heading !== null) drawGroupHeading(at, group.heading);
    drawRow(at, columns, measured);
  }
  if (group.subtotal !== null) drawSubtotal(at, group.subtotal);
};

type Subtotal = NonNullable<Group['subtotal']>;

const measureSubtotal = (at: Page, { label, amount }: Subtotal) => {
  const amounts = linesOf(amount, styles.bold, contentWidth, at.by);
  const width = contentWidth - (amounts[0]?.width ?? 0) - gap;
  const labels = linesOf(label, styles.bold, width, at.by);
  return { labels, amounts, width, height: heightOf(labels, styles.bold) + 6 };
};

/** The amount stands beside the last line of its label. */
const drawSubtotal = (at: Page, subtotal: Subtotal): void => {
  const { labels, amounts, width, height } = measureSubtotal(at, subtotal);
  const box = { x: page.left, y: at.y, align: 'right' as const };
  drawLines(at, labels, styles.bold, { ...box, width });
  const last = at.y + heightOf(labels.slice(1), styles.bold);
  drawLines(at, amounts, styles.bold, { ...box, y: last, width: contentWidth });
  at.y += height;
};
