import { type Kysely, sql, type Transaction } from 'kysely';
import type { NamedProject } from '../../domain/allocation/project-owner.ts';
import { operator, type Target, unallocated } from '../../domain/cost-lines/ownership.ts';
import { keyOfProject } from '../cost-lines/cost-lines.ts';
import type { Tables } from '../schema.ts';

export type ListedProject = Tables['provider_projects'];

/**
 * Stores the projects as they are listed. Names that a project no longer has stay as former ones.
 * @returns whether anything changed
 */
export async function replaceProjects(db: Transaction<Tables>, listed: readonly ListedProject[]): Promise<boolean> {
  const rows = JSON.stringify(listed);
  const former = await sql`
    UPDATE provider_projects SET is_current = false
    WHERE is_current AND (project_id, name_key) NOT IN (
      SELECT project_id, name_key FROM json_populate_recordset(NULL::provider_projects, ${rows}::json))
    RETURNING 1`.execute(db);
  const written = await sql`
    INSERT INTO provider_projects SELECT * FROM json_populate_recordset(NULL::provider_projects, ${rows}::json)
    ON CONFLICT (project_id, name_key) DO UPDATE SET (is_current, is_internal, tenant_id) =
      (excluded.is_current, excluded.is_internal, excluded.tenant_id)
    WHERE (provider_projects.is_current, provider_projects.is_internal, provider_projects.tenant_id) IS DISTINCT FROM
      (excluded.is_current, excluded.is_internal, excluded.tenant_id)
    RETURNING 1`.execute(db);
  return former.rows.length + written.rows.length > 0;
}

/**
 * Stores the projects that revisions of deployments are bound to.
 * @returns whether any of them binds other projects than the revision before it
 */
export async function insertDeploymentProjects(
  db: Transaction<Tables>,
  rows: readonly Tables['deployment_projects'][],
): Promise<boolean> {
  const json = JSON.stringify(rows);
  const { rows: written } = await sql<{ is_changed: boolean }>`
    WITH written AS (
      INSERT INTO deployment_projects SELECT * FROM json_populate_recordset(NULL::deployment_projects, ${json}::json)
      ON CONFLICT DO NOTHING RETURNING *
    ), known AS (SELECT * FROM deployment_projects WHERE deployment_id IN (SELECT deployment_id FROM written) UNION SELECT * FROM written)
    SELECT w.project_ids IS DISTINCT FROM coalesce((SELECT project_ids FROM known k
      WHERE k.deployment_id = w.deployment_id AND k.revision < w.revision ORDER BY revision DESC LIMIT 1), '{}') AS is_changed
    FROM written w`.execute(db);
  return written.some(({ is_changed }) => is_changed);
}

/** The projects that have or had these names, each with its owners over time. */
export async function namedProjects(
  db: Transaction<Tables>,
  provider: string,
  nameKeys: readonly string[],
): Promise<Map<string, NamedProject[]>> {
  if (nameKeys.length === 0) return new Map();
  type Row = {
    name_key: string;
    project_id: string;
    is_current: boolean;
    is_internal: boolean;
    project_tenant_id: string | null;
    bindings: { tenant_id: string; deployment_id: string; effective_at: string; until_at: string | null }[];
  };
  const { rows } = await sql<Row>`
    WITH named AS (SELECT * FROM provider_projects WHERE provider = ${provider} AND name_key = ANY(${[...nameKeys]}::text[])),
    revisions AS (
      SELECT *, lead(effective_at) OVER (PARTITION BY deployment_id ORDER BY revision) AS until_at FROM deployment_projects
      WHERE deployment_id IN (
        SELECT deployment_id FROM named n JOIN deployment_projects d ON d.project_ids @> ARRAY[n.project_id])
    )
    SELECT n.name_key, n.project_id, n.is_current, n.is_internal, n.tenant_id AS project_tenant_id, coalesce((
      SELECT json_agg(json_build_object('tenant_id', r.tenant_id, 'deployment_id', r.deployment_id, 'effective_at', r.effective_at,
        'until_at', r.until_at) ORDER BY r.effective_at, r.revision) FROM revisions r WHERE n.project_id = ANY(r.project_ids)
    ), '[]') AS bindings
    FROM named n ORDER BY n.name_key, n.project_id`.execute(db);
  const projects = rows.map(({ bindings, is_internal, project_tenant_id, ...row }) => ({
    ...row,
    otherwise: ownerOf(is_internal, project_tenant_id),
    bindings: bindings.map(({ tenant_id, deployment_id, effective_at, until_at }) => ({
      from: Temporal.Instant.from(effective_at),
      until: until_at === null ? null : Temporal.Instant.from(until_at),
      owner: { target: 'deployment' as const, tenant_id, deployment_id },
    })),
  }));
  return Map.groupBy(projects, ({ name_key }) => name_key);
}

function ownerOf(isInternal: boolean, tenantId: string | null): Target {
  if (tenantId !== null) return { target: 'tenant', tenant_id: tenantId, deployment_id: null };
  return isInternal ? operator : unallocated;
}

/** The ingested invoices with a line that matches no resource but names a project. */
export async function invoicesNamingProjects(db: Kysely<Tables>): Promise<string[]> {
  const { rows } = await sql<{ invoice_uuid: string }>`
    SELECT DISTINCT i.invoice_uuid FROM cloud_cost_lines_to_match m JOIN cloud_invoices i USING (reading_id)
    WHERE m.key >= ${keyOfProject(sql`''`)} AND m.key < 'project;' ORDER BY 1`.execute(db);
  return rows.map(({ invoice_uuid }) => invoice_uuid);
}
