import type PDFDocument from 'pdfkit';
import type { Weight } from './fonts.ts';
import type { Style, TextLine, Typesetting } from './text-layout.ts';

export type Pdf = InstanceType<typeof PDFDocument>;

/** Where drawing is: the next free height of the current page. */
export type Page = { pdf: Pdf; by: Typesetting; y: number };

export const page = { width: 595.28, height: 841.89, left: 48, right: 547.28, top: 48, bottom: 778 } as const;
export const contentWidth = page.right - page.left;
export const gap = 10;

const style = (size: number, weight: Weight = 'regular', color = '#1a1a1a'): Style => ({ size, weight, color });
export const styles = {
  title: style(20, 'bold'),
  heading: style(11, 'bold'),
  body: style(9),
  bold: style(9, 'bold'),
  label: style(7.5, 'regular', '#666666'),
  small: style(7.5, 'regular', '#666666'),
} as const;

export const lineHeight = ({ size }: Style): number => size * 1.4;
export const heightOf = (lines: readonly TextLine[], by: Style): number => lines.length * lineHeight(by);

const drawLine = ({ pdf }: Page, line: TextLine, by: Style, at: { x: number; y: number }): void => {
  pdf.fillColor(by.color);
  for (const { text, font, x } of line.runs) {
    pdf
      .font(`${font}@${by.weight}`, by.size)
      .text(text, at.x + x, at.y + by.size * 1.05, { lineBreak: false, baseline: 'alphabetic' });
  }
};

export const drawLines = (
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

export const rule = ({ pdf }: Page, y: number, color = '#cccccc'): void => {
  pdf.moveTo(page.left, y).lineTo(page.right, y).lineWidth(0.5).strokeColor(color).stroke();
};

export const newPage = (at: Page): void => {
  at.pdf.addPage();
  at.y = page.top;
};

/** Begins a new page unless `height` fits below what is drawn. @returns whether it did */
export const makeRoom = (at: Page, height: number): boolean => {
  if (at.y + height <= page.bottom || at.y === page.top) return false;
  newPage(at);
  return true;
};
