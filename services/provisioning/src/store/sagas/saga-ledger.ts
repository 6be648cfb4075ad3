import type { Json } from '@arcadia/contracts';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { SagaState } from '../../domain/sagas/saga.ts';
import type { StepAttemptTable, Tables } from '../schema.ts';
import type { SagaRow, StepKey } from './sagas.ts';

/** Records in the ledger that an attempt begins. An attempt that a lost worker began is marked as abandoned. */
export async function openAttempt(
  db: Transaction<Tables>,
  key: StepKey,
  given: { name: string; attempt: number; replica: string; now: Temporal.Instant },
): Promise<void> {
  const at = given.now.toString();
  await sql`
    INSERT INTO saga_step_results (saga_id, index, name, status, attempts, started_at)
    VALUES (${key.sagaId}, ${key.index}, ${given.name}, 'running', ${given.attempt}, ${at})
    ON CONFLICT (saga_id, index) DO UPDATE SET attempts = greatest(saga_step_results.attempts, excluded.attempts)`.execute(
    db,
  );
  await sql`
    UPDATE saga_step_attempts SET outcome = 'abandoned', finished_at = ${at}
    WHERE saga_id = ${key.sagaId} AND index = ${key.index} AND direction = ${key.direction}
      AND outcome = 'running' AND attempt < ${given.attempt}`.execute(db);
  await sql`
    INSERT INTO saga_step_attempts (saga_id, index, direction, attempt, outcome, replica, started_at)
    VALUES (${key.sagaId}, ${key.index}, ${key.direction}, ${given.attempt}, 'running', ${given.replica}, ${at})
    ON CONFLICT (saga_id, index, direction, attempt) DO UPDATE SET replica = excluded.replica`.execute(db);
}

export async function closeAttempt(
  db: Transaction<Tables>,
  key: StepKey,
  given: { attempt: number; outcome: 'completed' | 'failed'; error: string | null; now: Temporal.Instant },
): Promise<void> {
  await sql`
    UPDATE saga_step_attempts SET outcome = ${given.outcome}, error = ${given.error}, finished_at = ${given.now.toString()}
    WHERE saga_id = ${key.sagaId} AND index = ${key.index} AND direction = ${key.direction} AND attempt = ${given.attempt}`.execute(
    db,
  );
}

/** Records the result of a step, or of its compensation. */
export async function writeStepResult(
  db: Transaction<Tables>,
  key: StepKey,
  result: {
    status: 'completed' | 'failed' | 'compensated';
    output: unknown;
    error: string | null;
    compensationError: string | null;
    now: Temporal.Instant;
  },
): Promise<void> {
  await sql`
    UPDATE saga_step_results SET status = ${result.status},
      output = coalesce(${result.output === null ? null : JSON.stringify(result.output)}::jsonb, output),
      error = coalesce(${result.error}, error), compensation_error = ${result.compensationError},
      finished_at = ${result.now.toString()}
    WHERE saga_id = ${key.sagaId} AND index = ${key.index}`.execute(db);
}

/**
 * Writes the state and the context of a saga after a turn, and releases the lease. `turn` increases, so that a late copy of this
 * turn's message is ignored.
 */
export async function writeTurn(
  db: Transaction<Tables>,
  saga: SagaRow,
  next: {
    state: SagaState;
    context: Readonly<Record<string, Json>>;
    attempt: number;
    isNewStep: boolean;
    isFinished: boolean;
    delayMs: number;
    /** Reason that the step runs again later; null: it does not. */
    waitingFor: string | null;
    /** Number of times that the provider has refused the step for the present. */
    waits: number;
    /** Milliseconds by which the deadline of the step moves. */
    pauseMs: number;
    now: Temporal.Instant;
    isPublished: boolean;
    /** When the first search for orphans comes; null: the saga has not ended, or leaves none. */
    orphanSearchAt: Temporal.Instant | null;
  },
): Promise<SagaRow> {
  const at = next.now.toString();
  return db
    .updateTable('saga_runs')
    .set({
      status: next.state.status,
      current_index: next.state.index,
      error: next.state.error === null ? null : JSON.stringify(next.state.error),
      context: JSON.stringify(next.context),
      attempt: next.attempt,
      turn: saga.turn + 1,
      lease_token: null,
      lease_until: null,
      step_deadline: next.isNewStep ? null : sql<string>`step_deadline + ${next.pauseMs} * interval '1 millisecond'`,
      waiting_for: next.waitingFor,
      waits: next.waits,
      ...(next.isNewStep ? { attempts_before: 0 } : {}),
      next_turn_at: next.isFinished
        ? null
        : sql<string>`clock_timestamp() + ${next.delayMs} * interval '1 millisecond'`,
      revision: saga.revision + (next.isPublished ? 1 : 0),
      changed_at: next.isPublished ? at : saga.changed_at,
      finished_at: next.isFinished ? at : null,
      next_orphan_search_at: next.orphanSearchAt?.toString() ?? null,
    })
    .where('saga_id', '=', saga.saga_id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export type AttemptRow = Omit<StepAttemptTable, 'saga_id'>;

/** All attempts of a saga's steps, in their order. */
export async function attemptsOf(db: Kysely<Tables>, sagaId: string): Promise<AttemptRow[]> {
  return db
    .selectFrom('saga_step_attempts')
    .select(['index', 'direction', 'attempt', 'outcome', 'error', 'replica', 'started_at', 'finished_at'])
    .where('saga_id', '=', sagaId)
    .orderBy('index')
    .orderBy('direction', 'desc')
    .orderBy('attempt')
    .execute();
}
