import type { Refusal } from '@arcadia/contracts';
import { type RawBuilder, sql } from 'kysely';
import { invalidCursor, readCursor } from './page.ts';

/** How a list is sorted: by which column, in which direction, and after which row. */
export type Sorting<Key extends string = string> = {
  key: Key;
  isDescending: boolean;
  /** The value, as text, and the id of the last row of the page before; null: the first page. */
  after: { value: string; id: string } | null;
};

/** A column that a list can be sorted by, never null, and the type that Postgres compares it as. */
export type SortColumn = { value: RawBuilder<unknown>; type: 'text' | 'bigint' | 'date' | 'timestamptz' };

/** The column that a value of `sort` names. */
type KeyOf<Sort extends string> = Sort extends `-${infer Key}` ? Key : Sort;

/** Reads `sort` and the cursor of a sorted list. Null: the list has its usual order, and its cursor is read as usual. */
export function readSorting<Sort extends string>(
  sort: Sort | undefined,
  cursor: string | undefined,
): Sorting<KeyOf<Sort>> | null | Refusal<'invalid-cursor'> {
  if (sort === undefined) return null;
  const isDescending = sort.startsWith('-');
  const key = (isDescending ? sort.slice(1) : sort) as KeyOf<Sort>;
  const after = readCursor(cursor, 3);
  if (after === null) return { key, isDescending, after: null };
  if (!Array.isArray(after)) return after;
  const [of, value = '', id = ''] = after;
  // A cursor of another order would skip rows.
  return of === sort ? { key, isDescending, after: { value, id } } : invalidCursor();
}

/** The cursor of a row of a sorted list. */
export const sortCursor = ({ key, isDescending }: Sorting, row: { sort_key: string | null; id: string }): string[] => [
  isDescending ? `-${key}` : key,
  row.sort_key ?? '',
  row.id,
];

/** The parts of a sorted list's query: the key that the cursor holds, the condition of its page, and its order. */
export function sortedBy(
  { value, type }: SortColumn,
  id: { column: RawBuilder<unknown>; type: 'text' | 'uuid' },
  { isDescending, after }: Sorting,
) {
  const direction = isDescending ? sql`DESC` : sql`ASC`;
  const [valueType, idType] = [sql.raw(type), sql.raw(id.type)];
  // The order of texts must not depend on the locale of the database.
  const typed = type === 'text' ? sql`(${value})::text COLLATE "C"` : sql`(${value})::${valueType}`;
  const beyond = isDescending ? sql`<` : sql`>`;
  return {
    key: sql`(${value})::${valueType}::text`,
    page:
      after === null
        ? sql`true`
        : sql`(${typed}, ${id.column}) ${beyond} (${after.value}::${valueType}, ${after.id}::${idType})`,
    order: sql`${typed} ${direction}, ${id.column} ${direction}`,
  };
}
