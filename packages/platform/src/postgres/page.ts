import { decodeCursor, encodeCursor, pageOf, type Refusal, refuse } from '@arcadia/contracts';

export { decodeCursor, encodeCursor, pageInput } from '@arcadia/contracts';

/** The schema of one page of a list: `{items, next_cursor}`. */
export const pageOutput = pageOf;

/**
 * Makes a page out of rows that were read with `limit + 1`.
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

/**
 * Reads the cursor of a list.
 * @param shape how many parts its sort key has, or a pattern for each part
 * @returns the sort key that the page starts after, null for the first page, or a refusal when the cursor is not valid
 */
export function readCursor(
  cursor: string | undefined,
  shape: number | readonly RegExp[],
): string[] | null | Refusal<'invalid-cursor'> {
  if (cursor === undefined) return null;
  const patterns = typeof shape === 'number' ? [] : shape;
  const key = decodeCursor(cursor, typeof shape === 'number' ? shape : shape.length);
  if (key?.every((part, index) => patterns[index]?.test(part) ?? true)) return key;
  return invalidCursor();
}

/** The refusal of a cursor that the list did not give. */
export const invalidCursor = (): Refusal<'invalid-cursor'> =>
  refuse('invalid-cursor', 'The cursor is not valid for this list; use `next_cursor` of the previous page, unchanged.');

/** SQLSTATEs of a value that Postgres cannot read as the type of its column: text, instant, offset, time zone, number, encoding, JSON. */
const unreadableValue = new Set(['22P02', '22007', '22008', '22009', '22023', '22003', '22021', '22P05']);

/**
 * True for the error of a list whose cursor decodes but holds values of another kind, such as those of another list. It is
 * the reader's mistake and no failure of the service.
 */
export function isUnreadableCursor(input: unknown, error: unknown): boolean {
  const hasCursor = typeof input === 'object' && input !== null && 'cursor' in input && input.cursor !== undefined;
  return hasCursor && error instanceof Error && 'code' in error && unreadableValue.has(String(error.code));
}
