import { type Kysely, sql } from 'kysely';
import type { Member } from '../../domain/projects/project.ts';
import { idOf, provider } from '../../domain/resources/resource.ts';
import type { Tables } from '../schema.ts';

/** Stores the members that a project lists; each moves there from its former project. */
export async function keepMembers(
  db: Kysely<Tables>,
  members: readonly Member[],
  { projectId, sweep, seenAt }: { projectId: string; sweep: string; seenAt: Temporal.Instant },
): Promise<void> {
  const unique = [...new Map(members.map((member) => [`${member.kind} ${member.providerId}`, member])).values()];
  if (unique.length === 0) return;
  await sql`
    INSERT INTO project_members (provider, kind, provider_id, project_id, first_seen_at, last_sweep)
    SELECT ${provider}, kind, provider_id, ${projectId}::uuid, ${seenAt.toString()}::timestamptz, ${sweep}::bigint
    FROM unnest(${unique.map((m) => m.kind)}::text[], ${unique.map((m) => m.providerId)}::text[]) AS t(kind, provider_id)
    ON CONFLICT (provider, kind, provider_id) DO UPDATE SET last_sweep = excluded.last_sweep,
      first_seen_at = CASE WHEN project_members.project_id = excluded.project_id
        THEN project_members.first_seen_at ELSE excluded.first_seen_at END,
      project_id = excluded.project_id, gone_at = NULL`.execute(db);
}

/** After a complete listing of a project, ends the membership of resources that it no longer lists, and deletes memberships that ended a month ago. */
export async function dropMembers(
  db: Kysely<Tables>,
  { projectId, sweep, seenAt }: { projectId: string; sweep: string; seenAt: Temporal.Instant },
): Promise<void> {
  await sql`
    UPDATE project_members SET gone_at = ${seenAt.toString()}
    WHERE project_id = ${projectId} AND last_sweep < ${sweep} AND gone_at IS NULL`.execute(db);
  await sql`
    DELETE FROM project_members
    WHERE project_id = ${projectId} AND gone_at < ${seenAt.subtract({ hours: 30 * 24 }).toString()}`.execute(db);
}

/** Members of a kind without a listing of its own, as this sweep found them, one page after `after`. */
export async function membersWithoutListing(
  db: Kysely<Tables>,
  { kind, sweep, after, limit }: { kind: string; sweep: string; after: string; limit: number },
): Promise<string[]> {
  const rows = await sql<{ provider_id: string }>`
    SELECT provider_id FROM project_members
    WHERE provider = ${provider} AND kind = ${kind} AND last_sweep = ${sweep} AND provider_id > ${after}
    ORDER BY provider_id LIMIT ${limit}`.execute(db);
  return rows.rows.map((row) => row.provider_id);
}

/** Every kind that a project lists or that is in the inventory. */
export async function knownKinds(db: Kysely<Tables>): Promise<string[]> {
  const rows = await sql<{ kind: string }>`
    SELECT kind FROM project_members UNION SELECT kind FROM cloud_resources`.execute(db);
  return rows.rows.map((row) => row.kind);
}

/** The stored states of resources, for a listing that cannot describe them. */
export async function presentStates(
  db: Kysely<Tables>,
  { kind, providerIds }: { kind: string; providerIds: readonly string[] },
): Promise<
  {
    provider_id: string;
    name: string;
    status: string | null;
    region: string | null;
    created_at: string | null;
    attrs: Record<string, never>;
  }[]
> {
  const rows = await sql<{
    provider_id: string;
    name: string;
    status: string | null;
    region: string | null;
    created_at: string | null;
    attrs: Record<string, never>;
  }>`
    SELECT provider_id, name, status, region, created_at, attrs FROM cloud_resources
    WHERE resource_id = ANY(${providerIds.map((providerId) => idOf({ kind, providerId }))}::uuid[])`.execute(db);
  return rows.rows;
}

/** After a complete listing of the projects: resources first seen before it and still unowned were unowned from the start. */
export async function stopWaitingForOwners(db: Kysely<Tables>, since: Temporal.Instant): Promise<void> {
  await sql`
    UPDATE cloud_resources SET owner_from = NULL
    WHERE owner_from IS NOT NULL AND first_seen_at <= ${since.toString()}`.execute(db);
}
