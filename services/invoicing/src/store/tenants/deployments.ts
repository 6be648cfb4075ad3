import { upsertNewest } from '@arcadia/platform';
import type { Db, Tables } from '../schema.ts';

export type DeploymentRow = Tables['deployments'];

export const findDeployment = async (db: Db, deploymentId: string): Promise<DeploymentRow | null> =>
  (await db.selectFrom('deployments').selectAll().where('deployment_id', '=', deploymentId).executeTakeFirst()) ?? null;

/** Keeps deployments as they are published; an older revision never replaces a newer one. */
export const projectDeployments = async (db: Db, changed: readonly DeploymentRow[]): Promise<void> => {
  const rows = changed.map(
    ({ deployment_id, tenant_id, slug, display_name, state, revision }): DeploymentRow => ({
      deployment_id,
      tenant_id,
      slug,
      display_name,
      state,
      revision,
    }),
  );
  await upsertNewest(db, { name: 'deployments', key: ['deployment_id'], newest: ['revision'] }, rows);
};
