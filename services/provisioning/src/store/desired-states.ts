import { type Kysely, sql, type Transaction } from 'kysely';
import type { Schema } from './schema.ts';

type Db = Kysely<Schema> | Transaction<Schema>;

export type DesiredRow = {
  resource_id: string;
  provider: string;
  kind: string;
  provider_id: string;
  deployment_id: string | null;
  tenant_id: string | null;
  spec: Record<string, never> | null;
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

/** The same, held against every other writer of this resource's spec, also when there is none yet. */
export async function lockDesiredState(db: Transaction<Schema>, resourceId: string): Promise<DesiredRow | null> {
  await sql`SELECT pg_advisory_xact_lock(hashtextextended(${`provisioning.spec:${resourceId}`}, 0))`.execute(db);
  return findDesiredState(db, resourceId);
}

export async function saveDesiredState(
  db: Transaction<Schema>,
  row: Omit<DesiredRow, 'spec'> & { spec: Record<string, unknown> | null },
): Promise<void> {
  const values = { ...row, spec: row.spec === null ? null : JSON.stringify(row.spec) };
  await db
    .insertInto('cloud_provisioned')
    .values(values)
    .onConflict((conflict) => conflict.column('resource_id').doUpdateSet(values))
    .execute();
}

/** What is wanted of a deployment's resources; not of those that inventory says are another's by now. */
export async function desiredStatesOfDeployment(db: Db, deploymentId: string): Promise<DesiredRow[]> {
  return db
    .selectFrom('cloud_provisioned as wanted')
    .leftJoin('known_resources as known', 'known.resource_id', 'wanted.resource_id')
    .selectAll('wanted')
    .where('wanted.deployment_id', '=', deploymentId)
    .where('wanted.spec', 'is not', null)
    .where((where) =>
      where.or([where('known.deployment_id', 'is', null), where('known.deployment_id', '=', deploymentId)]),
    )
    .orderBy('wanted.resource_id')
    .execute();
}
