import { sql, type Transaction } from 'kysely';
import type { Database } from './schema.ts';

type DeploymentRow = Database['deployments'];

/** A higher revision replaces a lower one, whatever the order they come in. */
export const projectDeployments = async (db: Transaction<Database>, rows: readonly DeploymentRow[]): Promise<void> => {
  await sql`
    INSERT INTO deployments (deployment_id, tenant_id, revision)
    SELECT DISTINCT ON (deployment_id) * FROM unnest(${rows.map((row) => row.deployment_id)}::uuid[],
      ${rows.map((row) => row.tenant_id)}::text[], ${rows.map((row) => row.revision)}::int[])
      AS heard(deployment_id, tenant_id, revision)
    ORDER BY deployment_id, revision DESC
    ON CONFLICT (deployment_id) DO UPDATE SET tenant_id = excluded.tenant_id, revision = excluded.revision
      WHERE deployments.revision < excluded.revision`.execute(db);
};

/** An owner as a rule names it: a deployment with its tenant, a tenant alone, or the operator with neither. */
type NamedOwner = { tenant_id: string | null; deployment_id: string | null };

/**
 * The first of these owners that is not there: its place from 1, and whose its deployment really is, null where there is no
 * such deployment or none was named. Null: all are there. A tenant is there once a deployment of its was heard of.
 */
export const firstUnknownOwner = async (
  db: Transaction<Database>,
  owners: readonly NamedOwner[],
): Promise<{ place: number; real_tenant_id: string | null } | null> => {
  const { rows } = await sql<{ place: number; real_tenant_id: string | null }>`
    SELECT place::int AS place, own.tenant_id AS real_tenant_id
    FROM unnest(${owners.map(({ tenant_id }) => tenant_id)}::text[], ${owners.map(({ deployment_id }) => deployment_id)}::uuid[])
      WITH ORDINALITY AS named(tenant_id, deployment_id, place)
    LEFT JOIN deployments own USING (deployment_id)
    WHERE named.tenant_id IS NOT NULL AND CASE WHEN named.deployment_id IS NULL
      THEN NOT EXISTS (SELECT 1 FROM deployments d WHERE d.tenant_id = named.tenant_id)
      ELSE own.tenant_id IS DISTINCT FROM named.tenant_id END
    ORDER BY place LIMIT 1`.execute(db);
  return rows[0] ?? null;
};
