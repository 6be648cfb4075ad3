import { type Kysely, sql, type Transaction } from 'kysely';
import type { Change, Deployment } from '../../domain/deployments/deployment.ts';
import type { Tables } from '../schema.ts';

type Db = Kysely<Tables> | Transaction<Tables>;

/** @param tenantId null: the deployment of any tenant */
export async function findDeployment(
  db: Db,
  deploymentId: string,
  tenantId: string | null,
): Promise<Deployment | null> {
  const row = await db
    .selectFrom('cloud_deployments')
    .selectAll()
    .where('deployment_id', '=', deploymentId)
    .$if(tenantId !== null, (query) => query.where('tenant_id', '=', tenantId ?? ''))
    .executeTakeFirst();
  return row ?? null;
}

/** Finds a deployment and locks it until the transaction ends. */
export async function lockDeployment(
  db: Transaction<Tables>,
  deploymentId: string,
  tenantId: string | null,
): Promise<Deployment | null> {
  await sql`SELECT 1 FROM cloud_deployments WHERE deployment_id = ${deploymentId} FOR UPDATE`.execute(db);
  return findDeployment(db, deploymentId, tenantId);
}

/** Locks several deployments, always in the order of their ids, so that two transactions never deadlock. */
export async function lockDeployments(
  db: Transaction<Tables>,
  deploymentIds: readonly string[],
): Promise<Deployment[]> {
  return db
    .selectFrom('cloud_deployments')
    .selectAll()
    .where('deployment_id', 'in', deploymentIds)
    .orderBy('deployment_id')
    .forUpdate()
    .execute();
}

/** Whether the id of a deployment is taken, or its slug within the tenant; null: neither is. */
export async function findNamesake(
  db: Db,
  given: { deploymentId: string; tenantId: string; slug: string },
): Promise<'id' | 'slug' | null> {
  const row = await db
    .selectFrom('cloud_deployments')
    .select(['deployment_id', 'slug'])
    .where((eb) =>
      eb.or([
        eb('deployment_id', '=', given.deploymentId),
        eb.and([eb('tenant_id', '=', given.tenantId), eb('slug', '=', given.slug)]),
      ]),
    )
    .executeTakeFirst();
  if (row === undefined) return null;
  return row.deployment_id === given.deploymentId ? 'id' : 'slug';
}

/** @returns false when the id or the tenant's slug is taken */
export async function insertDeployment(db: Transaction<Tables>, deployment: Deployment): Promise<boolean> {
  const result = await db
    .insertInto('cloud_deployments')
    .values({ ...deployment, ...bindingsAsText(deployment) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** The caller has locked the row. */
export async function updateDeploymentRow(db: Transaction<Tables>, deployment: Deployment): Promise<void> {
  const { deployment_id: id, ...rest } = deployment;
  await db
    .updateTable('cloud_deployments')
    .set({ ...rest, ...bindingsAsText(deployment) })
    .where('deployment_id', '=', id)
    .execute();
}

const bindingsAsText = (deployment: Deployment) => ({
  project_bindings: JSON.stringify(deployment.project_bindings),
  tag_bindings: JSON.stringify(deployment.tag_bindings),
});

export async function insertDeploymentEvent(
  db: Transaction<Tables>,
  after: Deployment,
  previous: Deployment | null,
  change: Change & { changed: Record<string, unknown> },
): Promise<void> {
  await db
    .insertInto('cloud_deployment_events')
    .values({
      deployment_id: after.deployment_id,
      revision: after.revision,
      change: change.change,
      previous_state: previous?.state ?? null,
      state: after.state,
      changed: JSON.stringify(change.changed),
      actor: change.actor,
      reason: change.reason,
      effective_at: change.effectiveAt.toString(),
    })
    .execute();
}
