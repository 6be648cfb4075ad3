import { encodeCursor, pageOf } from '@arcadia/contracts';

export { decodeCursor, encodeCursor, pageInput } from '@arcadia/contracts';

/** The schema of a page of a list: `{items, next_cursor}`. */
export const pageOutput = pageOf;

/**
 * Cut a page out of rows that were read with `limit + 1`.
 * @param keyOf the sort key of a row, which the next page starts after
 */
export function cutPage<Row, Item>(
  rows: readonly Row[],
  page: { limit: number; keyOf: (row: Row) => (string | number)[]; itemOf: (row: Row) => Item },
): { items: Item[]; next_cursor: string | null } {
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  const isMore = rows.length > page.limit && last !== undefined;
  return { items: shown.map(page.itemOf), next_cursor: isMore ? encodeCursor(page.keyOf(last)) : null };
}
