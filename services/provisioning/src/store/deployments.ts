import { type Kysely, sql, type Transaction } from 'kysely';
import type { Change, Deployment } from '../domain/deployment.ts';
import { claimsOf } from '../domain/deployment.ts';
import type { Schema } from './schema.ts';

type Db = Kysely<Schema> | Transaction<Schema>;

/** One deployment of a tenant (null: of any). */
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

/** The same, held against other writers until the transaction ends. */
export async function lockDeployment(
  db: Transaction<Schema>,
  deploymentId: string,
  tenantId: string | null,
): Promise<Deployment | null> {
  await sql`SELECT 1 FROM cloud_deployments WHERE deployment_id = ${deploymentId} FOR UPDATE`.execute(db);
  return findDeployment(db, deploymentId, tenantId);
}

/** Several at once, always in the same order, so that two transactions never wait for each other in a circle. */
export async function lockDeployments(
  db: Transaction<Schema>,
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

/** Which of these ids or slugs of a tenant are taken. */
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

/** Returns false when the id or the tenant's slug was taken meanwhile. */
export async function insertDeployment(db: Transaction<Schema>, deployment: Deployment): Promise<boolean> {
  const result = await db
    .insertInto('cloud_deployments')
    .values({ ...deployment, ...bindingsAsText(deployment) })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** The row was locked when it was read, so nobody wrote between. */
export async function updateDeploymentRow(db: Transaction<Schema>, deployment: Deployment): Promise<void> {
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
  db: Transaction<Schema>,
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

/**
 * The claims among these that are other deployments'. Holds all bindings until the transaction ends, so that what is free
 * now can be taken.
 */
export async function foreignClaims(
  db: Transaction<Schema>,
  deployment: Parameters<typeof claimsOf>[0] & { deployment_id: string },
): Promise<{ claim: string; deployment_id: string }[]> {
  const claims = claimsOf(deployment);
  if (claims.length === 0) return [];
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('provisioning.bindings', 0))`.execute(db);
  const foreign = await sql<{ claim: string; deployment_id: string }>`
    SELECT claim, deployment_id FROM binding_claims
    WHERE claim = ANY(${claims}::text[]) AND deployment_id <> ${deployment.deployment_id} ORDER BY claim`.execute(db);
  return foreign.rows;
}

/** Take what a deployment binds and let go what it no longer does. */
export async function claimBindings(db: Transaction<Schema>, deployment: Deployment): Promise<void> {
  const claims = claimsOf(deployment);
  await sql`
    DELETE FROM binding_claims
    WHERE deployment_id = ${deployment.deployment_id} AND claim <> ALL(${claims}::text[])`.execute(db);
  await sql`
    INSERT INTO binding_claims (claim, deployment_id)
    SELECT DISTINCT claim, ${deployment.deployment_id}::uuid FROM unnest(${claims}::text[]) AS claim
    ON CONFLICT (claim) DO NOTHING`.execute(db);
}
