import { type Kysely, sql } from 'kysely';
import type { SagaState } from '../domain/saga.ts';
import type { SagaRow, StepRow } from './sagas.ts';
import type { Schema } from './schema.ts';

/** Sagas, newest first; one more than asked for when there are more. */
export async function pageOfSagas(
  db: Kysely<Schema>,
  asked: {
    status: SagaState['status'] | undefined;
    kind: string | undefined;
    deploymentId: string | undefined;
    before: readonly [createdAt: string, sagaId: string] | null;
    limit: number;
  },
): Promise<SagaRow[]> {
  let query = db.selectFrom('saga_runs').selectAll();
  if (asked.status !== undefined) query = query.where('status', '=', asked.status);
  if (asked.kind !== undefined) query = query.where('kind', '=', asked.kind);
  if (asked.deploymentId !== undefined) query = query.where('deployment_id', '=', asked.deploymentId);
  if (asked.before !== null) {
    const [createdAt, sagaId] = asked.before;
    query = query.where(sql<boolean>`(created_at, saga_id) < (${createdAt}::timestamptz, ${sagaId}::uuid)`);
  }
  return query
    .orderBy('created_at', 'desc')
    .orderBy('saga_id', 'desc')
    .limit(asked.limit + 1)
    .execute();
}

/** The steps that have begun, of several sagas at once. */
export async function stepRowsOfAll(db: Kysely<Schema>, sagaIds: readonly string[]): Promise<Map<string, StepRow[]>> {
  const bySaga = new Map<string, StepRow[]>();
  if (sagaIds.length === 0) return bySaga;
  const rows = await db
    .selectFrom('saga_step_results')
    .select([
      'saga_id',
      'index',
      'name',
      'status',
      'output',
      'error',
      'compensation_error',
      'started_at',
      'finished_at',
    ])
    .where('saga_id', 'in', sagaIds)
    .orderBy('saga_id')
    .orderBy('index')
    .execute();
  for (const { saga_id: sagaId, ...row } of rows) bySaga.set(sagaId, [...(bySaga.get(sagaId) ?? []), row]);
  return bySaga;
}

/** What the last suspension of a deployment found switched on; null when it was never suspended by a saga. */
export async function switchedOffBySuspension(db: Kysely<Schema>, deploymentId: string): Promise<string[] | null> {
  const row = await sql<{ was_on: string[] | null }>`
    SELECT context -> 'was_on' AS was_on FROM saga_runs
    WHERE deployment_id = ${deploymentId} AND kind = 'suspend' AND status = 'completed'
    ORDER BY created_at DESC, recorded_at DESC LIMIT 1`.execute(db);
  return row.rows[0]?.was_on ?? null;
}
