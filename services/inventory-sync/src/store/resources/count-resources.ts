import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';
import { knownKindNames } from './unknown-types.ts';

type Count = { kind: string; resources: number; of_deployments: number; unattributed: number; unowned: number };

/** The resources at the provider by kind; those of types that the registry does not know are of the kind `unknown`. */
export async function countResources(db: Kysely<Tables>): Promise<Count[]> {
  const found = await sql<Count>`
    SELECT CASE WHEN kind = ANY(${knownKindNames}::text[]) THEN kind ELSE 'unknown' END AS kind, count(*)::int AS resources,
      count(deployment_id)::int AS of_deployments, count(*) FILTER (WHERE deployment_id IS NULL)::int AS unattributed,
      count(*) FILTER (WHERE attributed_by IS NULL)::int AS unowned
    FROM cloud_resources WHERE deleted_at IS NULL GROUP BY 1 ORDER BY 1`.execute(db);
  return found.rows;
}
