import PDFDocument from 'pdfkit';
import type { Document, Notice, Section, TextBlock, Total } from '../../domain/documents/document.ts';
import { drawTable } from './draw-table.ts';
import { fontFile, fontFinder, latin } from './fonts.ts';
import {
  contentWidth,
  drawLines,
  gap,
  heightOf,
  lineHeight,
  makeRoom,
  type Page,
  type Pdf,
  page,
  rule,
  styles,
} from './page.ts';
import { linesOf, printable, type Style, type Typesetting } from './text-layout.ts';

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
  const { notice = null, mark = null } = document;
  if (notice !== null) drawNotice(at, notice);
  for (const section of document.sections) drawSection(at, section);
  drawFooters(at, document);
  if (mark !== null) drawMarks(at, mark);
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

type WithFont = Pdf & { _font: { font: { hasGlyphForCodePoint: (codePoint: number) => boolean } } };

/** The current font is not part of pdfkit's types. */
const isWithFont = (pdf: Pdf): pdf is WithFont => '_font' in pdf;

/** Whether the current font can draw a character; the packages list ranges with gaps. */
const hasGlyph = (pdf: Pdf, codePoint: number): boolean => {
  if (!isWithFont(pdf)) throw new TypeError('pdfkit does not keep the current font in _font any more');
  return pdf._font.font.hasGlyphForCodePoint(codePoint);
};

/** Registers the fonts that the document's characters need. */
const typesetting = async (pdf: Pdf, document: Document): Promise<Typesetting> => {
  const text = printable(JSON.stringify(document));
  const named = fontFinder(text);
  const ids = new Set([...new Set(text)].map((character) => named(character.codePointAt(0) ?? 0) ?? latin));
  for (const id of ids) {
    for (const weight of ['regular', 'bold'] as const)
      pdf.registerFont(`${id}@${weight}`, Buffer.from(await fontFile(id, weight)));
  }
  const known = new Map<number, string | null>();
  const fontOf: Typesetting['fontOf'] = (codePoint) => {
    const found = known.get(codePoint);
    if (found !== undefined) return found;
    const id = named(codePoint);
    const font = id !== null && hasGlyph(pdf.font(`${id}@regular`), codePoint) ? id : null;
    known.set(codePoint, font);
    return font;
  };
  const widths = new Map<string, number>();
  const widthOf: Typesetting['widthOf'] = (part, font, { size, weight }) => {
    const key = `${font}@${weight} ${part}`;
    const width = widths.get(key) ?? pdf.font(`${font}@${weight}`, 1000).widthOfString(part);
    widths.set(key, width);
    return (width * size) / 1000;
  };
  return { fontOf, widthOf };
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

/** A sentence in bold with its lines, in a frame as wide as the page. */
const drawNotice = (at: Page, { title, lines }: Notice): void => {
  const padding = 8;
  const box = { x: page.left + padding, width: contentWidth - 2 * padding };
  const rows = [
    { lines: linesOf(title, styles.heading, box.width, at.by), by: styles.heading },
    ...lines.map((line) => ({ lines: linesOf(line, styles.body, box.width, at.by), by: styles.body })),
  ];
  const height = rows.reduce((sum, row) => sum + heightOf(row.lines, row.by), 2 * padding);
  at.pdf.rect(page.left, at.y, contentWidth, height).lineWidth(1).strokeColor(styles.heading.color).stroke();
  let y = at.y + padding;
  for (const row of rows) {
    drawLines(at, row.lines, row.by, { ...box, y, align: 'left' });
    y += heightOf(row.lines, row.by);
  }
  at.y += height + 14;
};

/** A word across each page, so faint that what it lies on can be read. */
const drawMarks = (at: Page, mark: string): void => {
  const by: Style = { size: 130, weight: 'bold', color: '#b00020' };
  const lines = linesOf(mark, by, page.height, at.by);
  const [middle, width] = [{ x: page.width / 2, y: page.height / 2 }, lines[0]?.width ?? 0];
  const { start, count } = at.pdf.bufferedPageRange();
  for (let index = start; index < start + count; index += 1) {
    at.pdf.switchToPage(index);
    at.pdf
      .save()
      .rotate(-45, { origin: [middle.x, middle.y] })
      .fillOpacity(0.12);
    drawLines(at, lines, by, { x: middle.x - width / 2, y: middle.y - by.size / 2, width, align: 'left' });
    at.pdf.restore();
  }
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
  const measured = rows.map(({ label, amount, isEmphasised }) => {
    const by = isEmphasised ? styles.bold : styles.body;
    const amounts = linesOf(amount, by, width, at.by);
    const labels = linesOf(label, by, width - (amounts[0]?.width ?? 0) - gap, at.by);
    return { by, amounts, labels, height: heightOf(labels, by) + 3 };
  });
  // Together, where they fit on a page: the total is read with what it is the sum of.
  makeRoom(at, 10 + measured.reduce((sum, { height }) => sum + height, 0));
  at.y += 4;
  for (const { by, amounts, labels, height } of measured) {
    makeRoom(at, height);
    drawLines(at, labels, by, { x, y: at.y, width, align: 'left' });
    drawLines(at, amounts, by, { x, y: at.y, width, align: 'right' });
    at.y += height;
  }
  at.y += 10;
};

const pageNumberWidth = 90;

/** The name of the document beside the number of the page, and its foot below: a long name never moves the page number. */
const drawFooters = (at: Page, document: Document): void => {
  const { start, count } = at.pdf.bufferedPageRange();
  const nameWidth = contentWidth - pageNumberWidth - gap;
  const name = linesOf(document.name, styles.small, nameWidth, at.by);
  const foot = linesOf(document.foot, styles.small, contentWidth, at.by);
  for (let index = start; index < start + count; index += 1) {
    at.pdf.switchToPage(index);
    const y = page.bottom + 12;
    rule(at, y - 4);
    drawLines(at, [...name, ...foot], styles.small, { x: page.left, y, width: contentWidth, align: 'left' });
    const number = linesOf(`page ${index + 1} of ${count}`, styles.small, pageNumberWidth, at.by);
    const x = page.right - pageNumberWidth;
    drawLines(at, number, styles.small, { x, y, width: pageNumberWidth, align: 'right' });
  }
};
