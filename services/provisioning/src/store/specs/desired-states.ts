import type { Json } from '@arcadia/contracts';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Tables } from '../schema.ts';

type Db = Kysely<Tables> | Transaction<Tables>;

export type DesiredRow = {
  resource_id: string;
  provider: string;
  kind: string;
  provider_id: string;
  deployment_id: string | null;
  tenant_id: string | null;
  spec: Record<string, Json> | null;
  spec_version: number;
  saga_id: string | null;
  revision: number;
  updated_at: string;
};

export async function findDesiredState(db: Db, resourceId: string): Promise<DesiredRow | null> {
  const row = await db
    .selectFrom('cloud_provisioned')
    .selectAll()
    .where('resource_id', '=', resourceId)
    .executeTakeFirst();
  return row ?? null;
}

/** Finds a desired state and locks it until the transaction ends, also when there is none yet. */
export async function lockDesiredState(db: Transaction<Tables>, resourceId: string): Promise<DesiredRow | null> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`provisioning.spec:${resourceId}`}, 0))`.execute(db);
  return findDesiredState(db, resourceId);
}

export async function saveDesiredState(db: Transaction<Tables>, row: DesiredRow): Promise<void> {
  const values = { ...row, spec: row.spec === null ? null : JSON.stringify(row.spec) };
  await db
    .insertInto('cloud_provisioned')
    .values(values)
    .onConflict((conflict) => conflict.column('resource_id').doUpdateSet(values))
    .execute();
}

/** The desired states of a deployment's resources, without resources that inventory attributes to another deployment. */
export async function desiredStatesOfDeployment(db: Db, deploymentId: string): Promise<DesiredRow[]> {
  return db
    .selectFrom('cloud_provisioned as desired')
    .leftJoin('known_resources as known', 'known.resource_id', 'desired.resource_id')
    .selectAll('desired')
    .where('desired.deployment_id', '=', deploymentId)
    .where('desired.spec', 'is not', null)
    .where((where) =>
      where.or([where('known.deployment_id', 'is', null), where('known.deployment_id', '=', deploymentId)]),
    )
    .orderBy('desired.resource_id')
    .execute();
}
