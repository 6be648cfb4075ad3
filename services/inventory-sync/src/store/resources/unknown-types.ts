import { type Kysely, sql } from 'kysely';
import { kinds } from '../../domain/syncs/kinds.ts';
import type { Tables } from '../schema.ts';

export const knownKindNames: readonly string[] = kinds.map(({ kind }) => kind);

/** The present resources of each type that is no kind of the registry. */
export async function unknownTypes(db: Kysely<Tables>): Promise<{ type: string; count: number }[]> {
  const found = await sql<{ type: string; count: number }>`
    SELECT kind AS type, count(*)::int AS count FROM cloud_resources
    WHERE deleted_at IS NULL AND kind <> ALL(${knownKindNames}::text[]) GROUP BY kind ORDER BY kind`.execute(db);
  return found.rows;
}
