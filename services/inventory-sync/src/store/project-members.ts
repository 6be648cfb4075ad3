import { type Kysely, sql } from 'kysely';
import type { Member } from '../domain/projects.ts';
import { idOf, provider } from '../domain/resource.ts';
import type { Database } from './schema.ts';

/** What a project lists is its, whatever it was before. */
export async function keepMembers(
  db: Kysely<Database>,
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

/** After a project was listed completely: what it no longer shows is no longer its; after a month that is forgotten. */
export async function dropMembers(
  db: Kysely<Database>,
  { projectId, sweep, seenAt }: { projectId: string; sweep: string; seenAt: Temporal.Instant },
): Promise<void> {
  await sql`
    UPDATE project_members SET gone_at = ${seenAt.toString()}
    WHERE project_id = ${projectId} AND last_sweep < ${sweep} AND gone_at IS NULL`.execute(db);
  await sql`
    DELETE FROM project_members
    WHERE project_id = ${projectId} AND gone_at < ${seenAt.subtract({ hours: 30 * 24 }).toString()}`.execute(db);
}

/** Members of kinds without a listing of their own, as this sweep found them, in chunks. */
export async function membersWithoutListing(
  db: Kysely<Database>,
  { kind, sweep, after, limit }: { kind: string; sweep: string; after: string; limit: number },
): Promise<string[]> {
  const rows = await sql<{ provider_id: string }>`
    SELECT provider_id FROM project_members
    WHERE provider = ${provider} AND kind = ${kind} AND last_sweep = ${sweep} AND provider_id > ${after}
    ORDER BY provider_id LIMIT ${limit}`.execute(db);
  return rows.rows.map((row) => row.provider_id);
}

/** Every kind that some project lists or that is in the inventory. */
export async function knownKinds(db: Kysely<Database>): Promise<string[]> {
  const rows = await sql<{ kind: string }>`
    SELECT kind FROM project_members UNION SELECT kind FROM cloud_resources`.execute(db);
  return rows.rows.map((row) => row.kind);
}

/** The state in which resources are, for when nothing new can be learned about them. */
export async function presentStates(
  db: Kysely<Database>,
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

/** The projects were listed completely after these were first seen: if they are nobody's now, they were nobody's before. */
export async function stopWaitingForOwners(db: Kysely<Database>, since: Temporal.Instant): Promise<void> {
  await sql`
    UPDATE cloud_resources SET owner_from = NULL
    WHERE owner_from IS NOT NULL AND first_seen_at <= ${since.toString()}`.execute(db);
}
