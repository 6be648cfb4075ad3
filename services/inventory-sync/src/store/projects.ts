import { projectId } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { ListedProject } from '../domain/projects.ts';
import { provider } from '../domain/resource.ts';
import { strikesToGo } from '../domain/strikes.ts';
import type { Database } from './schema.ts';

type Seen = { sweep: string; seenAt: Temporal.Instant };

/** Mirrors the provider's projects; how they are classified is ours and stays. */
export async function mirrorProjects(
  db: Kysely<Database>,
  projects: readonly ListedProject[],
  { sweep, seenAt }: Seen,
): Promise<void> {
  if (projects.length === 0) return;
  const at = seenAt.toString();
  await sql`
    INSERT INTO cloud_projects (project_id, provider, provider_id, name, description, environment, is_default, first_seen_at,
      last_seen_at, last_sweep)
    SELECT id, ${provider}, provider_id, name, description, environment, is_default, ${at}::timestamptz, ${at}::timestamptz,
      ${sweep}::bigint
    FROM unnest(
      ${projects.map((p) => projectId(provider, p.providerId))}::uuid[], ${projects.map((p) => p.providerId)}::text[],
      ${projects.map((p) => p.name)}::text[], ${projects.map((p) => p.description)}::text[],
      ${projects.map((p) => p.environment)}::text[], ${projects.map((p) => p.isDefault)}::boolean[]
    ) AS t(id, provider_id, name, description, environment, is_default)
    ON CONFLICT (project_id) DO UPDATE SET name = excluded.name, description = excluded.description,
      environment = excluded.environment, is_default = excluded.is_default, last_seen_at = excluded.last_seen_at,
      last_sweep = excluded.last_sweep, stale_strike_count = 0, gone_at = NULL`.execute(db);
}

/** A complete listing that does not show a project strikes it; the third strike ends it. */
export async function strikeProjects(db: Kysely<Database>, { sweep, seenAt }: Seen): Promise<void> {
  await sql`
    UPDATE cloud_projects SET stale_strike_count = stale_strike_count + 1,
      gone_at = CASE WHEN stale_strike_count + 1 >= ${strikesToGo} THEN ${seenAt.toString()}::timestamptz END
    WHERE gone_at IS NULL AND last_sweep < ${sweep} AND provider_id <> ${placeholderId}`.execute(db);
}

/** Stands for the operator's own project while the account has none. */
export const placeholderId = 'internal';

/** The operator's own project: as classified, else by name. `isMissing`: neither; then somebody should make it. */
export async function findInternalProject(db: Kysely<Database>, name: string): Promise<{ isMissing: boolean }> {
  const found = await sql<{ provider_id: string }>`
    SELECT provider_id FROM cloud_projects WHERE purpose = 'internal' AND gone_at IS NULL`.execute(db);
  const classified = found.rows[0]?.provider_id;
  if (classified !== undefined && classified !== placeholderId) return { isMissing: false };
  const named = await sql<{ project_id: string }>`
    SELECT project_id FROM cloud_projects
    WHERE lower(name) = lower(${name}) AND gone_at IS NULL AND provider_id <> ${placeholderId}
    ORDER BY first_seen_at, project_id LIMIT 1`.execute(db);
  const chosen = named.rows[0]?.project_id;
  if (chosen === undefined) return { isMissing: true };
  await makeInternal(db, chosen);
  return { isMissing: false };
}

/** There is at most one: the one before, or what stood for it, is so no longer. */
export async function makeInternal(db: Kysely<Database>, id: string): Promise<void> {
  await sql`UPDATE cloud_projects SET purpose = 'unclassified' WHERE purpose = 'internal' AND project_id <> ${id}`.execute(
    db,
  );
  await sql`UPDATE cloud_projects SET purpose = 'internal' WHERE project_id = ${id}`.execute(db);
}

/** Without the operator's switch nothing is made at the provider, so a row of our own stands for the project. */
export async function standInForInternal(db: Kysely<Database>, name: string, seen: Seen): Promise<void> {
  const stand = {
    providerId: placeholderId,
    name,
    description: 'stands for the project until there is one',
    environment: null,
    isDefault: false,
  };
  await mirrorProjects(db, [stand], seen);
  await makeInternal(db, projectId(provider, placeholderId));
}

export async function listedProjects(
  db: Kysely<Database>,
  sweep: string,
): Promise<{ projectId: string; providerId: string }[]> {
  const rows = await sql<{ project_id: string; provider_id: string }>`
    SELECT project_id, provider_id FROM cloud_projects
    WHERE last_sweep = ${sweep} AND provider_id <> ${placeholderId} ORDER BY provider_id`.execute(db);
  return rows.rows.map((row) => ({ projectId: row.project_id, providerId: row.provider_id }));
}
