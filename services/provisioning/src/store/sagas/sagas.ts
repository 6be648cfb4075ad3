import type { Json, provisioning } from '@arcadia/contracts';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Direction, SagaError, SagaState } from '../../domain/sagas/saga.ts';
import type { Tables } from '../schema.ts';

type Db = Kysely<Tables> | Transaction<Tables>;

export type SagaRow = {
  saga_id: string;
  kind: string;
  status: SagaState['status'];
  step_names: string[];
  current_index: number;
  inputs: Record<string, Json>;
  context: Record<string, Json>;
  error: SagaError | null;
  deployment_id: string | null;
  tenant_id: string | null;
  resource_id: string | null;
  drift_id: string | null;
  drift_request: number | null;
  works_on: string | null;
  is_cancel_requested: boolean;
  cancelled_by: string | null;
  turn: number;
  attempt: number;
  /** Attempts of the present step before the last retry of the saga. */
  attempts_before: number;
  lease_token: string | null;
  /** By the wall clock. */
  step_deadline: string | null;
  next_turn_at: string | null;
  waiting_for: string | null;
  waits: number;
  next_orphan_search_at: string | null;
  revision: number;
  started_by: string;
  created_at: string;
  changed_at: string;
  finished_at: string | null;
};

export type StepRow = {
  index: number;
  name: string;
  status: 'running' | 'completed' | 'failed' | 'compensated';
  output: Record<string, Json> | null;
  error: string | null;
  compensation_error: string | null;
  started_at: string;
  finished_at: string | null;
};

export async function findSaga(db: Db, sagaId: string): Promise<SagaRow | null> {
  return (await db.selectFrom('saga_runs').selectAll().where('saga_id', '=', sagaId).executeTakeFirst()) ?? null;
}

export async function lockSaga(db: Transaction<Tables>, sagaId: string): Promise<SagaRow | null> {
  const row = await db.selectFrom('saga_runs').selectAll().where('saga_id', '=', sagaId).forUpdate().executeTakeFirst();
  return row ?? null;
}

export async function stepRowsOf(db: Db, sagaId: string): Promise<StepRow[]> {
  return db
    .selectFrom('saga_step_results')
    .select(['index', 'name', 'status', 'output', 'error', 'compensation_error', 'started_at', 'finished_at'])
    .where('saga_id', '=', sagaId)
    .orderBy('index')
    .execute();
}

/** The unfinished saga that works on a thing, if there is one. */
export async function sagaWorkingOn(db: Db, worksOn: string): Promise<string | null> {
  const row = await db
    .selectFrom('saga_runs')
    .select('saga_id')
    .where('works_on', '=', worksOn)
    .where('status', 'in', ['pending', 'running', 'compensating'])
    .executeTakeFirst();
  return row?.saga_id ?? null;
}

/** An unfinished saga of a deployment, of one of these kinds, if there is one. */
export async function unfinishedSagaOf(
  db: Db,
  deploymentId: string,
  kinds: readonly provisioning.SagaKind[],
): Promise<{ saga_id: string; kind: string } | null> {
  const row = await db
    .selectFrom('saga_runs')
    .select(['saga_id', 'kind'])
    .where('deployment_id', '=', deploymentId)
    .where('kind', 'in', kinds)
    .where('status', 'in', ['pending', 'running', 'compensating'])
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/**
 * The droplets that unfinished sagas are creating for a deployment: the provider's id, or null while it is unknown.
 * @param given.before only sagas started before this one; null: all
 */
export async function dropletsBeingCreated(
  db: Db,
  given: { deploymentId: string; before: string | null },
): Promise<(string | null)[]> {
  const rows = await sql<{ droplet_id: string | null }>`
    SELECT saga.context ->> 'droplet_id' AS droplet_id FROM saga_runs AS saga
    LEFT JOIN saga_runs AS own ON own.saga_id = ${given.before}::uuid
    WHERE saga.deployment_id = ${given.deploymentId} AND saga.kind = 'provision_droplet' AND saga.status IN ('pending', 'running')
      AND (own.saga_id IS NULL OR (saga.recorded_at, saga.saga_id) < (own.recorded_at, own.saga_id))`.execute(db);
  return rows.rows.map(({ droplet_id }) => droplet_id);
}

export type NewSaga = Pick<
  SagaRow,
  | 'saga_id'
  | 'kind'
  | 'step_names'
  | 'deployment_id'
  | 'tenant_id'
  | 'resource_id'
  | 'drift_id'
  | 'drift_request'
  | 'works_on'
  | 'started_by'
> & { inputs: object; now: Temporal.Instant };

/** @returns false when the saga exists already, or when another saga works on the same thing */
export async function insertSaga(db: Transaction<Tables>, saga: NewSaga): Promise<boolean> {
  const { now, inputs, ...rest } = saga;
  const at = now.toString();
  const result = await db
    .insertInto('saga_runs')
    .values({
      ...rest,
      status: 'pending',
      current_index: 0,
      inputs: JSON.stringify(inputs),
      context: '{}',
      error: null,
      cancelled_by: null,
      lease_token: null,
      lease_until: null,
      step_deadline: null,
      waiting_for: null,
      next_turn_at: sql<string>`clock_timestamp()`,
      revision: 1,
      created_at: at,
      changed_at: at,
      finished_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** The state of a saga that decisions use, from its row and its steps. */
export function stateOf(saga: SagaRow, rows: readonly StepRow[]): SagaState {
  const byIndex = new Map(rows.map((row) => [row.index, row]));
  return {
    status: saga.status,
    index: saga.current_index,
    isCancelRequested: saga.is_cancel_requested,
    error: saga.error,
    steps: saga.step_names.map((name, index) => ({
      name,
      status: byIndex.get(index)?.status ?? 'pending',
      isCompensationFailed: (byIndex.get(index)?.compensation_error ?? null) !== null,
    })),
  };
}

export async function requestCancel(db: Transaction<Tables>, sagaId: string, by: string): Promise<void> {
  await db
    .updateTable('saga_runs')
    .set({ is_cancel_requested: true, cancelled_by: by })
    .where('saga_id', '=', sagaId)
    .execute();
}

/** An entry of the ledger: one step of a saga in one direction. */
export type StepKey = { sagaId: string; index: number; direction: Direction };
