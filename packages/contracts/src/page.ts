import { z } from 'zod';
import { countField, flagField } from './fields.ts';

/** Input of a list: the size of the page and the cursor of the previous page. */
export const pageInput = z.object({
  limit: countField(1, 200).default(50).meta({ description: 'Rows per page, 1 to 200.', example: 50 }),
  cursor: z
    .string()
    .max(2048)
    .optional()
    .describe('The `next_cursor` of the previous page; absent for the first page.'),
  total: flagField
    .default(false)
    .meta({ description: 'True: count the rows of the whole list (`total`), up to 10,000.', example: false }),
});

/** Input of a list that can be sorted by these columns; with a leading `-` in descending order. */
export const sortField = <const Names extends readonly [string, ...string[]]>(names: Names) => {
  const all = names.flatMap((name) => [name, `-${name}`]) as [
    Names[number] | `-${Names[number]}`,
    ...(Names[number] | `-${Names[number]}`)[],
  ];
  return z
    .enum(all)
    .optional()
    .meta({
      description:
        'Order of the rows; with a leading `-` the greatest first. Absent: the order that the summary names.',
      example: all[1] ?? all[0],
    });
};

/** Input of a list whose rows can be searched for a part of a name. */
export const searchField = (description: string) =>
  z.string().min(1).max(100).optional().meta({ description, example: 'shop' });

/** The number of rows of a whole list. */
export const totalField = z.int().min(0).nullable().default(null).meta({
  description:
    'Rows of the whole list with these filters. Null: it has several pages and was not counted (`total=true`), or it has more than 10,000 rows.',
  example: 137,
});

/** A page of a list; `next_cursor` is null on the last one. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    items: z.array(item).describe('The rows of this page.'),
    next_cursor: z.string().nullable().describe('Cursor of the next page; null on the last one.'),
    total: totalField,
  });

/** An opaque cursor that holds the sort key of a page's last row. */
export const encodeCursor = (key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url');

/** The sort key in a cursor, or null for a text that `encodeCursor` did not make with a key of this length. */
export const decodeCursor = (cursor: string, length: number): string[] | null => {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(key) && key.length === length ? key.map(String) : null;
  } catch {
    return null;
  }
};
