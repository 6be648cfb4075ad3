import { sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** The tables that hold encrypted texts in their column `sealed`, each with its key. */
export const sealedTables = [
  { table: 'webhook_secrets', key: 'secret_id' },
  { table: 'scheduled_exports', key: 'export_id' },
] as const;

export type SealedTable = (typeof sealedTables)[number];

/** Encrypted texts that do not begin with `prefix`, by their id, locked. */
export async function textsSealedOtherwise(
  db: Transaction<Tables>,
  { table, key }: SealedTable,
  { prefix, after, limit }: { prefix: string; after: string | null; limit: number },
): Promise<{ id: string; sealed: string }[]> {
  const id = sql.id(key);
  const { rows } = await sql<{ id: string; sealed: string }>`
    SELECT ${id} AS id, sealed FROM ${sql.table(table)}
    WHERE NOT starts_with(sealed, ${prefix}) AND (${after}::uuid IS NULL OR ${id} > ${after}::uuid)
    ORDER BY ${id} LIMIT ${limit} FOR UPDATE`.execute(db);
  return rows;
}

export async function replaceSealed(
  db: Transaction<Tables>,
  { table, key }: SealedTable,
  { id, sealed }: { id: string; sealed: string },
): Promise<void> {
  await sql`UPDATE ${sql.table(table)} SET sealed = ${sealed} WHERE ${sql.id(key)} = ${id}::uuid`.execute(db);
}
