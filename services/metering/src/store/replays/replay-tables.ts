import { type Kysely, sql } from 'kysely';
import type { UsageSources } from '../days/lines.ts';
import { stateColumns, statesOf } from '../observations/derive-states.ts';
import { dimensionsOf, kindsOf, type Observation, unitsOf } from '../observations/observations.ts';
import type { Tables } from '../schema.ts';

type Session = Kysely<Tables>;

/** Names of the tables of one replay, beside the live ones. */
export type ReplayTables = UsageSources & { observations: string };

export const replayTables = (replayId: string): ReplayTables => {
  const own = (name: string) => `replay_${name}_${replayId.replaceAll('-', '')}`;
  return {
    observations: own('observations'),
    states: own('states'),
    reports: own('reports'),
    subjects: own('subjects'),
  };
};

/** Creates the tables of a replay, replacing those of a failed attempt. Unlogged: the streams can fill them again. */
export async function createReplayTables(db: Session, tables: ReplayTables): Promise<void> {
  await dropReplayTables(db, tables);
  await sql`CREATE UNLOGGED TABLE ${sql.table(tables.observations)} (
    resource_id uuid, revision integer, billing_kinds text[], units numeric[], dimensions text[], effective_at timestamptz, tenant_id text,
    deployment_id uuid,
    PRIMARY KEY (resource_id, revision))`.execute(db);
  await sql`CREATE UNLOGGED TABLE ${sql.table(tables.states)} (LIKE states INCLUDING ALL)`.execute(db);
  await sql`CREATE UNLOGGED TABLE ${sql.table(tables.reports)} (LIKE usage_reports INCLUDING ALL)`.execute(db);
  await sql`CREATE UNLOGGED TABLE ${sql.table(tables.subjects)} (LIKE reading_subjects INCLUDING ALL)`.execute(db);
}

export async function dropReplayTables(db: Session, tables: ReplayTables): Promise<void> {
  for (const table of Object.values(tables)) await sql`DROP TABLE IF EXISTS ${sql.table(table)}`.execute(db);
}

export async function replayObservations(
  db: Session,
  { observations }: ReplayTables,
  batch: readonly Observation[],
): Promise<void> {
  if (batch.length === 0) return;
  const column = <T>(pick: (one: Observation) => T) => batch.map(pick);
  await sql`
    INSERT INTO ${sql.table(observations)} (resource_id, revision, billing_kinds, units, dimensions, effective_at, tenant_id, deployment_id)
    SELECT resource_id, revision, billing_kinds::text[], units::numeric[], dimensions::text[], effective_at, tenant_id, deployment_id
    FROM unnest(
      ${column((o) => o.resourceId)}::uuid[], ${column((o) => o.revision)}::int[], ${column(kindsOf)}::text[],
      ${column(unitsOf)}::text[], ${column(dimensionsOf)}::text[], ${column((o) => o.effectiveAt)}::timestamptz[],
      ${column((o) => o.tenantId)}::text[], ${column((o) => o.deploymentId)}::uuid[])
      AS t(resource_id, revision, billing_kinds, units, dimensions, effective_at, tenant_id, deployment_id)
    ON CONFLICT DO NOTHING`.execute(db);
}

/** Derives states from the replayed observations by the rule of the live ones. */
export async function deriveReplayStates(db: Session, tables: ReplayTables): Promise<void> {
  await sql`INSERT INTO ${sql.table(tables.states)}
    (${stateColumns})
    ${statesOf(sql`SELECT * FROM ${sql.table(tables.observations)}`)}`.execute(db);
  for (const table of Object.values(tables)) await sql`ANALYZE ${sql.table(table)}`.execute(db);
}
