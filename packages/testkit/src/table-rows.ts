import { type Kysely, sql } from 'kysely';

type Captured = string | { readonly table: string; readonly except?: readonly string[] };

/** The rows of these tables as text, in any order but comparable, without the columns that are excepted from a table. */
export async function tableRows<DB>(db: Kysely<DB>, tables: readonly Captured[]): Promise<Record<string, string[]>> {
  const read = tables.map(async (captured) => {
    const { table, except = [] } = typeof captured === 'string' ? { table: captured } : captured;
    const { rows } = await sql<{ row: string }>`
      SELECT (to_jsonb(t) - ${[...except]}::text[])::text AS row FROM ${sql.table(table)} AS t`.execute(db);
    return [table, rows.map(({ row }) => row).toSorted()] as const;
  });
  return Object.fromEntries(await Promise.all(read));
}
