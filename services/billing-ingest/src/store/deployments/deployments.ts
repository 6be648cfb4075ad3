import { upsertNewest } from '@arcadia/platform';
import { sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

type DeploymentRow = Tables['deployments'];

/** Stores the newest revision of each deployment, in whatever order the revisions come. */
export async function upsertDeployments(db: Transaction<Tables>, rows: readonly DeploymentRow[]): Promise<void> {
  await upsertNewest(
    db,
    { name: 'deployments', key: ['deployment_id'], newest: ['revision'] },
    rows.map(({ deployment_id, tenant_id, revision }) => ({ deployment_id, tenant_id, revision })),
  );
}

/** An owner in an allocation rule: a deployment with its tenant, a tenant alone, or the operator with neither. */
type NamedOwner = { tenant_id: string | null; deployment_id: string | null };

/**
 * Finds the first of these owners whose deployment does not exist or belongs to another tenant.
 * @returns the owner's position, counted from 1, and the actual tenant of its deployment (null if there is no such
 *   deployment); null if all deployments belong to the tenants named with them
 */
export async function firstWrongOwner(
  db: Transaction<Tables>,
  owners: readonly NamedOwner[],
): Promise<{ place: number; real_tenant_id: string | null } | null> {
  const { rows } = await sql<{ place: number; real_tenant_id: string | null }>`
    SELECT place::int AS place, own.tenant_id AS real_tenant_id
    FROM unnest(${owners.map(({ tenant_id }) => tenant_id)}::text[], ${owners.map(({ deployment_id }) => deployment_id)}::uuid[])
      WITH ORDINALITY AS named(tenant_id, deployment_id, place)
    LEFT JOIN deployments own USING (deployment_id)
    WHERE named.deployment_id IS NOT NULL AND own.tenant_id IS DISTINCT FROM named.tenant_id
    ORDER BY place LIMIT 1`.execute(db);
  return rows[0] ?? null;
}
