import { upsertNewest } from '@arcadia/platform';
import { sql } from 'kysely';
import type { Db, Tables } from '../schema.ts';

export type DeploymentRow = Tables['deployments'];

/** How documents name a deployment `d`. */
export const deploymentName = sql`CASE WHEN d.display_name IN ('', d.slug) THEN d.slug ELSE d.display_name || ' (' || d.slug || ')' END`;

/** The names of deployments as they are now, by id; unknown ones are absent. */
export const deploymentNames = async (db: Db, ids: readonly string[]): Promise<Record<string, string>> => {
  const { rows } = await sql<{ id: string; name: string }>`SELECT d.deployment_id AS id, ${deploymentName} AS name
    FROM deployments d WHERE d.deployment_id = ANY(${ids}::uuid[])`.execute(db);
  return Object.fromEntries(rows.map(({ id, name }) => [id, name]));
};

/** The names and states of deployments as they are now, by id; unknown ones are absent. */
export const namesAndStates = async (
  db: Db,
  ids: readonly string[],
): Promise<Map<string, { name: string; state: string }>> => {
  const { rows } = await sql<{ id: string; name: string; state: string }>`
    SELECT d.deployment_id AS id, ${deploymentName} AS name, d.state FROM deployments d WHERE d.deployment_id = ANY(${ids}::uuid[])`.execute(
    db,
  );
  return new Map(rows.map(({ id, name, state }) => [id, { name, state }]));
};

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
