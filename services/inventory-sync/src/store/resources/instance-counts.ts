import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** The instances of each component of the present apps as they were last counted, by provider id of the app. */
export async function instanceCounts(db: Kysely<Tables>): Promise<Map<string, Map<string, number>>> {
  const { rows } = await sql<{ provider_id: string; name: string; count: number }>`
    SELECT a.provider_id, c ->> 'name' AS name, (c ->> 'instance_count')::int AS count
    FROM cloud_resources AS a CROSS JOIN LATERAL jsonb_array_elements(a.attrs -> 'components') AS c
    WHERE a.kind = 'app' AND a.deleted_at IS NULL AND jsonb_typeof(c -> 'instance_count') = 'number' AND c ->> 'name' IS NOT NULL`.execute(
    db,
  );
  return new Map(
    [...Map.groupBy(rows, ({ provider_id }) => provider_id)].map(([id, own]) => [
      id,
      new Map(own.map(({ name, count }) => [name, count])),
    ]),
  );
}
