import { projectId } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { ListedProject } from '../../domain/projects/project.ts';
import { provider } from '../../domain/resources/resource.ts';
import { strikesToDelete } from '../../domain/syncs/strikes.ts';
import type { Tables } from '../schema.ts';

type Seen = { sweep: string; seenAt: Temporal.Instant };

/** Mirrors the provider's projects. Their classification is ours and stays. */
export async function mirrorProjects(
  db: Kysely<Tables>,
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

/** Gives a strike to every project that a complete listing does not show; the third strike deletes it. */
export async function strikeProjects(db: Kysely<Tables>, { sweep, seenAt }: Seen): Promise<void> {
  await sql`
    UPDATE cloud_projects SET stale_strike_count = stale_strike_count + 1,
      gone_at = CASE WHEN stale_strike_count + 1 >= ${strikesToDelete} THEN ${seenAt.toString()}::timestamptz END
    WHERE gone_at IS NULL AND last_sweep < ${sweep} AND provider_id <> ${placeholderId}`.execute(db);
}

/** Provider id of the row that replaces the operator's own project while the account has none. */
export const placeholderId = 'internal';

/** Looks for the operator's own project, by its classification or else by its name. `isMissing`: there is none yet. */
export async function findInternalProject(db: Kysely<Tables>, name: string): Promise<{ isMissing: boolean }> {
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

/** Makes a project the operator's own. There is at most one, so the former one, or its placeholder, no longer is. */
export async function makeInternal(db: Kysely<Tables>, id: string): Promise<void> {
  await sql`UPDATE cloud_projects SET purpose = 'unclassified' WHERE purpose = 'internal' AND project_id <> ${id}`.execute(
    db,
  );
  await sql`UPDATE cloud_projects SET purpose = 'internal' WHERE project_id = ${id}`.execute(db);
}

/** Adds a row of our own in place of the operator's project while none may be created at the provider. */
export async function addInternalPlaceholder(db: Kysely<Tables>, name: string, seen: Seen): Promise<void> {
  const placeholder = {
    providerId: placeholderId,
    name,
    description: 'placeholder until the project exists at the provider',
    environment: null,
    isDefault: false,
  };
  await mirrorProjects(db, [placeholder], seen);
  await makeInternal(db, projectId(provider, placeholderId));
}

export async function listedProjects(
  db: Kysely<Tables>,
  sweep: string,
): Promise<{ projectId: string; providerId: string }[]> {
  const rows = await sql<{ project_id: string; provider_id: string }>`
    SELECT project_id, provider_id FROM cloud_projects
    WHERE last_sweep = ${sweep} AND provider_id <> ${placeholderId} ORDER BY provider_id`.execute(db);
  return rows.rows.map((row) => ({ projectId: row.project_id, providerId: row.provider_id }));
}
