import { all, type Html, html, none } from './html.ts';
import { address } from './list.ts';

export type Column<Row> = {
  head: string;
  cell: (row: Row) => Html | string;
  /** True for figures, which stand at the right. */
  isFigure?: boolean;
  /** True for the cell that names its row. */
  isName?: boolean;
  /** The column of the API by which the list can be sorted, where the table has `sorting`. */
  sort?: string;
};

export type Table<Row> = {
  /** The name of the table, which is read out before it. */
  caption: string;
  /** False: the heading above the table already shows it. */
  isCaptionShown?: boolean;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  /** The sentence in place of a table without rows. */
  empty: string;
  /** The address of the list and its query, so that headings sort it; the order lives in the address. */
  sorting?: { path: string; query: Readonly<Record<string, string>> };
  /** The cells of the last row, one for each column. */
  total?: readonly (Html | string)[];
};

/**
 * A table. On a narrow screen each row becomes a block whose cells carry the heads of their columns; the roles are written out,
 * because a browser drops those of table elements that are displayed as blocks.
 */
export const table = <Row>(spec: Table<Row>): Html => {
  if (spec.rows.length === 0) return html`<p class="empty">${spec.empty}</p>`;
  const { columns, rows, total, sorting } = spec;
  return html`<div class="scroll" role="region" aria-label="${spec.caption}" tabindex="0"><table class="stacks" role="table">
<caption class="${spec.isCaptionShown === true ? '' : 'unseen'}">${spec.caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map((column) => headOf(column, sorting))}</tr></thead>
<tbody role="rowgroup">${rows.map((row) => html`<tr role="row">${columns.map((column) => cellOf(column, row))}</tr>`)}</tbody>
${total === undefined ? none : html`<tfoot role="rowgroup"><tr role="row">${columns.map((column, index) => totalCell(column, total[index] ?? '', index))}</tr></tfoot>`}
</table></div>`;
};

/** A column of links that name themselves has no heading. */
const headOf = (
  { head, isFigure, sort }: Pick<Column<never>, 'head' | 'isFigure' | 'sort'>,
  sorting: Table<never>['sorting'],
): Html => {
  if (head === '') return html`<td role="cell"></td>`;
  const figure = isFigure === true ? html` class="figure"` : none;
  if (sort === undefined || sorting === undefined)
    return html`<th scope="col" role="columnheader"${figure}>${head}</th>`;
  const { cursor: _, sort: present = '', ...rest } = sorting.query;
  const isPresent = present === sort || present === `-${sort}`;
  const isDescending = isPresent ? present === sort : isFigure === true;
  const order = isPresent ? html` aria-sort="${present === sort ? 'ascending' : 'descending'}"` : none;
  const mark = !isPresent ? '' : present === sort ? ' ↑' : ' ↓';
  return html`<th scope="col" role="columnheader"${figure}${order}><a href="${address(sorting.path, { ...rest, sort: isDescending ? `-${sort}` : sort })}">${head}<span aria-hidden="true">${mark}</span></a></th>`;
};

const cellOf = <Row>(column: Column<Row>, row: Row): Html => {
  const figure = column.isFigure === true ? html` class="figure"` : none;
  const content = column.cell(row);
  return column.isName === true
    ? html`<th scope="row" role="rowheader"${figure}>${content}</th>`
    : html`<td role="cell" data-head="${column.head}"${figure}>${content}</td>`;
};

/** The cell that names the sum is a heading, the others are figures. */
const totalCell = <Row>({ head, isFigure, isName }: Column<Row>, cell: Html | string, index: number): Html => {
  const figure = isFigure === true ? html` class="figure"` : none;
  const isHeading = cell !== '' && (index === 0 || isName === true);
  return isHeading
    ? html`<th scope="row" role="rowheader"${figure}>${cell}</th>`
    : html`<td role="cell" data-head="${head}"${figure}>${cell}</td>`;
};

/** Names beside values, such as the head data of an invoice. */
export const facts = (entries: readonly (readonly [name: string, value: Html | string] | null)[]): Html =>
  html`<dl class="facts">${entries.map((entry) =>
    entry === null ? none : html`<div><dt>${entry[0]}</dt><dd>${entry[1]}</dd></div>`,
  )}</dl>`;

/** A figure with its name, and optionally a line below it. */
export const figureCard = (card: { name: string; value: Html | string; note?: Html | string; href?: string }): Html => {
  const body = html`<span class="name">${card.name}</span><span class="value">${card.value}</span>${card.note === undefined ? none : html`<span class="note">${card.note}</span>`}`;
  return card.href === undefined
    ? html`<div class="card">${body}</div>`
    : html`<a class="card" href="${card.href}">${body}</a>`;
};

export const cards = (items: readonly Html[]): Html => html`<div class="cards">${all(items)}</div>`;

/** A part of a page with its heading; nothing where the part is empty, because the person may neither see nor do what is in it. */
export const section = (heading: string, body: Html, options: { id?: string; aside?: Html } = {}): Html =>
  String(body).trim() === ''
    ? none
    : html`<section class="panel"${options.id === undefined ? none : html` id="${options.id}"`}><header><h2>${heading}</h2>${options.aside ?? none}</header>${body}</section>`;
