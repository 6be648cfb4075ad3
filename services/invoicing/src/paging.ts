import { decodeCursor, encodeCursor, type Refusal, refuse } from '@arcadia/contracts';

/** The sort key a page goes on after; null for the first page, a refusal for a cursor that no list of ours gave. */
export const cursorKey = (cursor: string | undefined, length: number): string[] | null | Refusal<'invalid-cursor'> => {
  if (cursor === undefined) return null;
  return decodeCursor(cursor, length) ?? refuse('invalid-cursor', 'The cursor is not one that this list has given.');
};

/** A page out of rows that were read one beyond the limit. */
export const pageFrom = <Row, Item>(
  rows: readonly Row[],
  limit: number,
  of: { key: (row: Row) => (string | number)[]; item: (row: Row) => Item },
): { items: Item[]; next_cursor: string | null } => {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(of.item),
    next_cursor: rows.length > limit && last !== undefined ? encodeCursor(of.key(last)) : null,
  };
};
