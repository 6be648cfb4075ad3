import { sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

/** Replaces the set of projects that are the operator's own. */
export async function replaceOperatorProjects(db: Transaction<Tables>, ids: readonly string[]): Promise<void> {
  await sql`DELETE FROM operator_projects WHERE project_id <> ALL(${[...ids]}::uuid[])`.execute(db);
  await sql`INSERT INTO operator_projects SELECT unnest(${[...ids]}::uuid[]) ON CONFLICT DO NOTHING`.execute(db);
}
