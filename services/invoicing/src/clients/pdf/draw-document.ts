import PDFDocument from 'pdfkit';
import type { Column, Document, Group, Row, Section, TextBlock, Total } from '../../domain/documents/document.ts';
import { fontFile, fontFinder, type Weight } from './fonts.ts';
import { linesOf, printable, type Style, type TextLine, type Typesetting } from './text-layout.ts';

type Pdf = InstanceType<typeof PDFDocument>;

/** Where drawing is: the next free height of the current page. */
type Page = { pdf: Pdf; by: Typesetting; y: number };

const page = { width: 595.28, height: 841.89, left: 48, right: 547.28, top: 48, bottom: 778 } as const;
const contentWidth = page.right - page.left;
const gap = 10;

const style = (size: number, weight: Weight = 'regular', color = '#1a1a1a'): Style => ({ size, weight, color });
const styles = {
  title: style(20, 'bold'),
  heading: style(11, 'bold'),
  body: style(9),
  bold: style(9, 'bold'),
  label: style(7.5, 'regular', '#666666'),
  small: style(7.5, 'regular', '#666666'),
} as const;

const lineHeight = ({ size }: Style): number => size * 1.4;
const heightOf = (lines: readonly TextLine[], by: Style): number => lines.length * lineHeight(by);

/** Draws a document as PDF. Equal documents with equal logos give equal bytes, in any process. */
export const drawDocument = async (document: Document, logo: Uint8Array | null): Promise<Uint8Array> => {
  const created = new Date(document.createdAt);
  const pdf = new PDFDocument({
    size: 'A4',
    margin: 0,
    bufferPages: true,
    font: '',
    lang: 'en',
    displayTitle: true,
    info: {
      Title: printable(`${document.title} ${document.name}`),
      Author: printable(document.author),
      Creator: 'Arcadia Cloud',
      Producer: 'Arcadia Cloud',
      CreationDate: created,
      ModDate: created,
    },
  });
  const file = collect(pdf);
  const at: Page = { pdf, by: await typesetting(pdf, document), y: page.top };
  drawHead(at, document, logo);
  for (const section of document.sections) drawSection(at, section);
  drawFooters(at, document);
  pdf.end();
  return file;
};

const collect = (pdf: Pdf): Promise<Uint8Array> =>
  new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    pdf.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    pdf.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))));
    pdf.on('error', reject);
  });

/** Registers the fonts that the document's characters need. */
const typesetting = async (pdf: Pdf, document: Document): Promise<Typesetting> => {
  const text = printable(JSON.stringify(document));
  const fontOf = fontFinder(text);
  const ids = new Set([...new Set(text)].map((character) => fontOf(character.codePointAt(0) ?? 0)));
  for (const id of ids) {
    for (const weight of ['regular', 'bold'] as const)
      pdf.registerFont(`${id}@${weight}`, Buffer.from(await fontFile(id, weight)));
  }
  const widths = new Map<string, number>();
  const widthOf: Typesetting['widthOf'] = (part, font, { size, weight }) => {
    const key = `${font}@${weight} ${part}`;
    const known = widths.get(key) ?? pdf.font(`${font}@${weight}`, 1000).widthOfString(part);
    widths.set(key, known);
    return (known * size) / 1000;
  };
  return { fontOf, widthOf };
};

const drawLine = ({ pdf }: Page, line: TextLine, by: Style, at: { x: number; y: number }): void => {
  pdf.fillColor(by.color);
  for (const { text, font, x } of line.runs) {
    pdf
      .font(`${font}@${by.weight}`, by.size)
      .text(text, at.x + x, at.y + by.size * 1.05, { lineBreak: false, baseline: 'alphabetic' });
  }
};

const drawLines = (
  to: Page,
  lines: readonly TextLine[],
  by: Style,
  box: { x: number; y: number; width: number; align: 'left' | 'right' },
): void => {
  for (const [index, line] of lines.entries()) {
    const x = box.align === 'left' ? box.x : box.x + box.width - line.width;
    drawLine(to, line, by, { x, y: box.y + index * lineHeight(by) });
  }
};

const rule = ({ pdf }: Page, y: number, color = '#cccccc'): void => {
  pdf.moveTo(page.left, y).lineTo(page.right, y).lineWidth(0.5).strokeColor(color).stroke();
};

const newPage = (at: Page): void => {
  at.pdf.addPage();
  at.y = page.top;
};

/** Begins a new page unless `height` fits below what is drawn. @returns whether it did */
const makeRoom = (at: Page, height: number): boolean => {
  if (at.y + height <= page.bottom || at.y === page.top) return false;
  newPage(at);
  return true;
};

const drawHead = (at: Page, { title, parties, facts }: Document, logo: Uint8Array | null): void => {
  const box = { width: 150, height: 44 };
  if (logo !== null)
    at.pdf.image(Buffer.from(logo), page.right - box.width, page.top, { fit: [box.width, box.height], align: 'right' });
  const titleWidth = logo === null ? contentWidth : contentWidth - box.width - gap;
  const lines = linesOf(title, styles.title, titleWidth, at.by);
  drawLines(at, lines, styles.title, { x: page.left, y: at.y, width: titleWidth, align: 'left' });
  at.y += Math.max(heightOf(lines, styles.title), logo === null ? 0 : box.height) + 12;
  const width = (contentWidth - 2 * gap) / 3;
  const heights = parties.map((block, index) => drawBlock(at, block, { x: page.left + index * (width + gap), width }));
  const factsHeight = drawFacts(at, facts, { x: page.left + 2 * (width + gap), width });
  at.y += Math.max(factsHeight, ...heights) + 14;
};

/** Draws a block at the current height. @returns its height */
const drawBlock = (at: Page, block: TextBlock, box: { x: number; width: number }): number => {
  let y = at.y;
  const put = (text: string, by: Style): void => {
    const lines = linesOf(text, by, box.width, at.by);
    drawLines(at, lines, by, { ...box, y, align: 'left' });
    y += heightOf(lines, by);
  };
  put(block.label, styles.label);
  for (const [index, text] of block.lines.entries())
    put(text, index === 0 && block.isEmphasised === true ? styles.bold : styles.body);
  return y - at.y;
};

const drawFacts = (at: Page, facts: Document['facts'], box: { x: number; width: number }): number => {
  const labelWidth = 62;
  let y = at.y;
  for (const [label, value] of facts) {
    const names = linesOf(label, styles.label, labelWidth, at.by);
    const values = linesOf(value, styles.body, box.width - labelWidth, at.by);
    drawLines(at, names, styles.label, { x: box.x, y: y + 1.5, width: labelWidth, align: 'left' });
    drawLines(at, values, styles.body, { x: box.x + labelWidth, y, width: box.width - labelWidth, align: 'left' });
    y += Math.max(heightOf(names, styles.label), heightOf(values, styles.body)) + 1;
  }
  return y - at.y;
};

const drawSection = (at: Page, section: Section): void => {
  if (section.type === 'table') drawTable(at, section);
  else if (section.type === 'totals') drawTotals(at, section.rows);
  else drawText(at, section.block);
};

const drawText = (at: Page, block: TextBlock): void => {
  const lines = block.lines.map((text) => linesOf(text, styles.body, contentWidth, at.by).length);
  makeRoom(at, lineHeight(styles.label) + lines.reduce((sum, count) => sum + count, 0) * lineHeight(styles.body));
  at.y += drawBlock(at, block, { x: page.left, width: contentWidth }) + 10;
};

const drawTotals = (at: Page, rows: readonly Total[]): void => {
  const width = 260;
  const x = page.right - width;
  const height = lineHeight(styles.body) + 3;
  makeRoom(at, rows.length * height + 10);
  at.y += 4;
  for (const { label, amount, isEmphasised } of rows) {
    const by = isEmphasised ? styles.bold : styles.body;
    const amounts = linesOf(amount, by, width, at.by);
    const labels = linesOf(label, by, width - (amounts[0]?.width ?? 0) - gap, at.by);
    drawLines(at, labels, by, { x, y: at.y, width, align: 'left' });
    drawLines(at, amounts, by, { x, y: at.y, width, align: 'right' });
    at.y += heightOf(labels, by) + 3;
  }
  at.y += 10;
};

type Table = Extract<Section, { type: 'table' }>;
type PlacedColumn = Column & { x: number; width: number };

const placeColumns = (columns: readonly Column[]): PlacedColumn[] => {
  const fixed = columns.reduce((sum, { width }) => sum + (width ?? 0), 0) + gap * (columns.length - 1);
  let x: number = page.left;
  return columns.map((column) => {
    const width = column.width ?? contentWidth - fixed;
    const placed = { ...column, x, width };
    x += width + gap;
    return placed;
  });
};

const drawTable = (at: Page, table: Table): void => {
  if (table.isOnNewPage && at.y > page.top) newPage(at);
  const columns = placeColumns(table.columns);
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
    const subtotal = isLast && group.subtotal !== null ? lineHeight(styles.bold) + 6 : 0;
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

const drawSubtotal = (at: Page, { label, amount }: { label: string; amount: string }): void => {
  const box = { x: page.left, y: at.y, width: contentWidth };
  const amounts = linesOf(amount, styles.bold, contentWidth, at.by);
  const labelWidth = contentWidth - (amounts[0]?.width ?? 0) - gap;
  const labels = linesOf(label, styles.bold, labelWidth, at.by);
  drawLines(at, labels.slice(0, 1), styles.bold, { ...box, width: labelWidth, align: 'right' });
  drawLines(at, amounts, styles.bold, { ...box, align: 'right' });
  at.y += lineHeight(styles.bold) + 6;
};

const drawFooters = (at: Page, document: Document): void => {
  const { start, count } = at.pdf.bufferedPageRange();
  const nameWidth = 170;
  const footWidth = contentWidth - nameWidth - gap;
  const foot = linesOf(document.foot, styles.small, footWidth, at.by);
  for (let index = start; index < start + count; index += 1) {
    at.pdf.switchToPage(index);
    const y = page.bottom + 12;
    rule(at, y - 4);
    drawLines(at, foot, styles.small, { x: page.left, y, width: footWidth, align: 'left' });
    const name = linesOf(`${document.name}, page ${index + 1} of ${count}`, styles.small, nameWidth, at.by);
    drawLines(at, name, styles.small, { x: page.right - nameWidth, y, width: nameWidth, align: 'right' });
  }
};
