import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** Those of some ids that the inventory has a resource of, deleted ones too. */
export async function knownAmong(db: Kysely<Tables>, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql<{ resource_id: string }>`
    SELECT resource_id FROM cloud_resources WHERE resource_id = ANY(${[...ids]}::uuid[])`.execute(db);
  return new Set(rows.map(({ resource_id }) => resource_id));
}
