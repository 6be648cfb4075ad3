import { sql } from 'kysely';
import type { Db } from '../schema.ts';

export type DeploymentRow = {
  deployment_id: string;
  tenant_id: string;
  slug: string;
  display_name: string;
  state: string;
  revision: number;
};

export const findDeployment = async (db: Db, deploymentId: string): Promise<DeploymentRow | null> =>
  (await db.selectFrom('deployments').selectAll().where('deployment_id', '=', deploymentId).executeTakeFirst()) ?? null;

/** An older revision never replaces a newer one. */
export const projectDeployments = async (db: Db, rows: readonly DeploymentRow[]): Promise<void> => {
  await sql`INSERT INTO deployments (deployment_id, tenant_id, slug, display_name, state, revision)
    SELECT DISTINCT ON (deployment_id) * FROM unnest(
      ${rows.map((row) => row.deployment_id)}::uuid[], ${rows.map((row) => row.tenant_id)}::text[], ${rows.map((row) => row.slug)}::text[],
      ${rows.map((row) => row.display_name)}::text[], ${rows.map((row) => row.state)}::text[], ${rows.map((row) => row.revision)}::int[]
    ) AS t(deployment_id, tenant_id, slug, display_name, state, revision)
    ORDER BY deployment_id, revision DESC
    ON CONFLICT (deployment_id) DO UPDATE SET tenant_id = EXCLUDED.tenant_id, slug = EXCLUDED.slug,
      display_name = EXCLUDED.display_name, state = EXCLUDED.state, revision = EXCLUDED.revision
    WHERE deployments.revision < EXCLUDED.revision`.execute(db);
};
