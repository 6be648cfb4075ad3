import { type Kysely, sql, type Transaction } from 'kysely';
import type { SagaState } from '../domain/saga.ts';
import type { SagaRow, StepKey } from './sagas.ts';
import type { Schema, StepAttemptTable } from './schema.ts';

/** A turn begins: the step is in the ledger, and this attempt beneath it; one that a lost worker began is given up. */
export async function openAttempt(
  db: Transaction<Schema>,
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
  db: Transaction<Schema>,
  key: StepKey,
  given: { attempt: number; outcome: 'completed' | 'failed'; error: string | null; now: Temporal.Instant },
): Promise<void> {
  await sql`
    UPDATE saga_step_attempts SET outcome = ${given.outcome}, error = ${given.error}, finished_at = ${given.now.toString()}
    WHERE saga_id = ${key.sagaId} AND index = ${key.index} AND direction = ${key.direction} AND attempt = ${given.attempt}`.execute(
    db,
  );
}

/** What became of a step, forwards or backwards. */
export async function writeStepResult(
  db: Transaction<Schema>,
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
 * The saga after a turn: its state, what was found out, and the lease given back. `turn` counts on, so that the next
 * message is not taken for this one.
 */
export async function writeTurn(
  db: Transaction<Schema>,
  saga: SagaRow,
  next: {
    state: SagaState;
    context: Record<string, unknown>;
    attempt: number;
    isNewStep: boolean;
    isFinished: boolean;
    delayMs: number;
    now: Temporal.Instant;
    isPublished: boolean;
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
      ...(next.isNewStep ? { step_deadline: null } : {}),
      next_turn_at: next.isFinished
        ? null
        : sql<string>`clock_timestamp() + ${next.delayMs} * interval '1 millisecond'`,
      revision: saga.revision + (next.isPublished ? 1 : 0),
      changed_at: next.isPublished ? at : saga.changed_at,
      finished_at: next.isFinished ? at : null,
    })
    .where('saga_id', '=', saga.saga_id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function attemptsOf(db: Kysely<Schema>, sagaId: string): Promise<Omit<StepAttemptTable, 'saga_id'>[]> {
  return db
    .selectFrom('saga_step_attempts')
    .select(['index', 'direction', 'attempt', 'outcome', 'error', 'replica', 'started_at', 'finished_at'])
    .where('saga_id', '=', sagaId)
    .orderBy('index')
    .orderBy('direction', 'desc')
    .orderBy('attempt')
    .execute();
}
