/** A cell of text: quoted where CSV requires it, with a leading apostrophe where a spreadsheet would read a formula. */
const textCell = (text: string): string => {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** Numbers are written unchanged: a negative amount is no formula. */
export type Cell = { text: string | null } | { number: string | number | null };

export const csvRow = (cells: readonly Cell[]): string =>
  `${cells.map((cell) => ('text' in cell ? textCell(cell.text ?? '') : String(cell.number ?? ''))).join(',')}\r\n`;
