import type { inventorySync } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { z } from 'zod';
import type { CloudProjects, Tables } from '../schema.ts';

export type ProjectView = z.output<typeof inventorySync.projectView>;
type Row = CloudProjects & { member_count: number };

const columns = sql`p.*, (
  SELECT count(*)::int FROM project_members AS m WHERE m.project_id = p.project_id AND m.gone_at IS NULL
) AS member_count`;

/** Projects by name, one more than `limit`. A tenant sees those that are classified as its own. */
export async function selectProjects(
  db: Kysely<Tables>,
  page: { tenant: string | null; text: string | undefined; after: string[] | null; limit: number },
): Promise<Row[]> {
  const { tenant, text, after, limit } = page;
  const rows = await sql<Row>`
    SELECT ${columns} FROM cloud_projects AS p
    WHERE ${tenant === null ? sql`true` : sql`p.tenant_id = ${tenant}`}
      AND ${text === undefined ? sql`true` : sql`strpos(lower(p.name), lower(${text})) > 0`}
      AND ${after === null ? sql`true` : sql`(p.name, p.project_id) > (${after[0]}, ${after[1]}::uuid)`}
    ORDER BY p.name, p.project_id LIMIT ${limit + 1}`.execute(db);
  return rows.rows;
}

export async function findProject(
  db: Kysely<Tables>,
  { id, tenant }: { id: string; tenant: string | null },
): Promise<Row | undefined> {
  const rows = await sql<Row>`SELECT ${columns} FROM cloud_projects AS p
    WHERE p.project_id = ${id} AND ${tenant === null ? sql`true` : sql`p.tenant_id = ${tenant}`}`.execute(db);
  return rows.rows[0];
}

export async function lockProject(db: Kysely<Tables>, id: string): Promise<Row | undefined> {
  const rows =
    await sql<Row>`SELECT ${columns} FROM cloud_projects AS p WHERE p.project_id = ${id} FOR UPDATE OF p`.execute(db);
  return rows.rows[0];
}

export async function classifyProject(
  db: Kysely<Tables>,
  { id, tenantId, purpose }: { id: string; tenantId: string | null; purpose: string },
): Promise<void> {
  await sql`UPDATE cloud_projects SET tenant_id = ${tenantId}, purpose = ${purpose} WHERE project_id = ${id}`.execute(
    db,
  );
}

export const projectView = (row: Row): ProjectView => ({
  project_id: row.project_id,
  provider: row.provider,
  provider_id: row.provider_id,
  name: row.name,
  description: row.description,
  environment: row.environment,
  is_default: row.is_default,
  is_internal: row.purpose === 'internal',
  tenant_id: row.tenant_id,
  purpose: row.purpose,
  is_present: row.gone_at === null,
  first_seen_at: row.first_seen_at,
  last_seen_at: row.last_seen_at,
  member_count: row.member_count,
});
