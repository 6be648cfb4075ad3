/**
 * A document as it is drawn: texts and tables in the order of the page, without positions. Invoices, credit notes, quotes and
 * statements are all of this form, so one drawing serves all of them.
 */
export type Document = {
  /** The word at the top: `Tax invoice`. */
  title: string;
  /** Named in the footer of each page and in the file's properties. */
  name: string;
  /** RFC 3339; the file carries it instead of the time of drawing, so that equal documents have equal bytes. */
  createdAt: string;
  /** The issuer as the file's author. */
  author: string;
  /** Blocks side by side below the title: issuer, recipient. */
  parties: TextBlock[];
  /** Label and value, beside the parties. */
  facts: readonly (readonly [label: string, value: string])[];
  /** What must be read first, in a frame above the sections; absent: nothing. */
  notice?: Notice | null;
  /** A word across each page: `VOID`; absent: none. */
  mark?: string | null;
  sections: Section[];
  /** At the foot of each page, in small print. */
  foot: string;
};

/** A sentence in bold with the lines below it. */
export type Notice = { title: string; lines: string[] };

/** A label with the lines below it; the first line is emphasised where `isEmphasised`. */
export type TextBlock = { label: string; lines: string[]; isEmphasised?: boolean };

export type Column = {
  head: string;
  align: 'left' | 'right' /** In points; null takes what is left. */;
  width: number | null;
};

/** A row is never divided between pages. A note stands in small print below the first cell. */
export type Row = { cells: string[]; note: string | null };

/** Rows below a heading with their subtotal; the heading is repeated where they continue on another page. */
export type Group = { heading: string | null; rows: Row[]; subtotal: { label: string; amount: string } | null };

export type Total = { label: string; amount: string; isEmphasised: boolean };

export type Section =
  | { type: 'table'; heading: string | null; columns: Column[]; groups: Group[]; isOnNewPage: boolean }
  | { type: 'totals'; rows: Total[] }
  | { type: 'text'; block: TextBlock };
