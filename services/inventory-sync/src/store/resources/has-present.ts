import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** Whether the inventory holds a present resource of the kind; `idPart`: one whose provider id contains this text. */
export async function hasPresent(db: Kysely<Tables>, kind: string, idPart = ''): Promise<boolean> {
  const found = await sql<{ found: boolean }>`
    SELECT EXISTS (
      SELECT FROM cloud_resources WHERE kind = ${kind} AND deleted_at IS NULL AND position(${idPart} IN provider_id) > 0
    ) AS found`.execute(db);
  return found.rows[0]?.found === true;
}
