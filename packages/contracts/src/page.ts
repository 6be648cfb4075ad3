import { z } from 'zod';

/** Asked of a list: how many rows at most, and after which. */
export const pageInput = z.object({
  limit: z.coerce.number({ error: 'a whole number from 1 to 200' }).int().min(1).max(200).default(50),
  cursor: z.string().max(1024).optional(),
});

/** A page of a list; `next_cursor` is null on the last one. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() });

/** An opaque cursor from the sort key of the last row given. */
export const encodeCursor = (key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url');

/** The sort key in a cursor, or null when it is not one that we gave. */
export const decodeCursor = (cursor: string, length: number): string[] | null => {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(key) && key.length === length ? key.map(String) : null;
  } catch {
    return null;
  }
};
