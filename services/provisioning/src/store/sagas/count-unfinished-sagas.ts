import { type Kysely, sql } from 'kysely';
import type { Tables } from '../schema.ts';

/** Sagas that have not ended, and those that failed without being undone. */
export async function countUnfinishedSagas(db: Kysely<Tables>): Promise<{ running: number; failed: number }> {
  const found = await sql<{ running: number; failed: number }>`
    SELECT count(*) FILTER (WHERE status IN ('pending', 'running', 'compensating'))::int AS running,
      count(*) FILTER (WHERE status = 'failed')::int AS failed
    FROM saga_runs WHERE status IN ('pending', 'running', 'compensating', 'failed')`.execute(db);
  return found.rows[0] ?? { running: 0, failed: 0 };
}
