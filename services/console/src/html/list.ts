import { type Html, html, none } from './html.ts';

/** An address with these query parameters; empty and absent ones are left out. */
export const address = (path: string, query: Readonly<Record<string, string | null | undefined>>): string => {
  const entries = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return entries.length === 0 ? path : `${path}?${new URLSearchParams(entries)}`;
};

export type Choice = readonly [value: string, words: string];

type Filter =
  | { name: string; label: string; choices: readonly Choice[] }
  | { name: string; label: string; placeholder?: string; type?: 'search' | 'month' | 'date' };

/** The filters of a list. They live in the address, so a filtered list can be bookmarked and sent. */
export const filters = (path: string, fields: readonly Filter[], query: Readonly<Record<string, string>>): Html => {
  const isFiltered = fields.some(({ name }) => Boolean(query[name]));
  return html`<form class="filters" method="get" action="${path}" role="search" aria-label="Filters">
${fields.map((field) => html`<label>${field.label} ${filterInput(field, query[field.name] ?? '')}</label>`)}
<button type="submit">Apply</button>${isFiltered ? html`<a href="${path}">Clear</a>` : none}
</form>`;
};

/** The sentence in place of a list without rows: whether nothing matches its filters, or there is nothing at all yet. */
export const emptyList = (
  query: Readonly<Record<string, string>>,
  words: { filtered: string; unfiltered: string },
): string =>
  Object.entries(query).some(([name, value]) => value !== '' && name !== 'sort' && name !== 'cursor')
    ? words.filtered
    : words.unfiltered;

const filterInput = (field: Filter, value: string): Html => {
  if (!('choices' in field))
    return html`<input name="${field.name}" type="${field.type ?? 'search'}" value="${value}" placeholder="${field.placeholder ?? ''}" autocomplete="off">`;
  return html`<select name="${field.name}"><option value="">All</option>${field.choices.map(([choice, words]) => option(choice, words, choice === value))}</select>`;
};

export const option = (value: string, words: string, isSelected: boolean): Html =>
  html`<option value="${value}"${isSelected ? html` selected` : none}>${words}</option>`;

/** The way to the next page of a list, and back to the first. */
export const pager = (path: string, query: Readonly<Record<string, string>>, nextCursor: string | null): Html => {
  const { cursor, ...rest } = query;
  if (nextCursor === null && !cursor) return none;
  return html`<nav class="pager" aria-label="Pages">${cursor ? html`<a href="${address(path, rest)}">First page</a>` : none}${nextCursor === null ? none : html`<a rel="next" href="${address(path, { ...rest, cursor: nextCursor })}">Next page</a>`}</nav>`;
};
