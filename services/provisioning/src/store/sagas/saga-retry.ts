import type { Json } from '@arcadia/contracts';
import { sql, type Transaction } from 'kysely';
import { directionOf, type SagaState } from '../../domain/sagas/saga.ts';
import type { Tables } from '../schema.ts';
import type { SagaRow } from './sagas.ts';

/** Sets a failed saga back to the step from which it is retried. Its attempts are counted on, so that the ledger keeps all of them. */
export async function reopenSaga(
  db: Transaction<Tables>,
  saga: SagaRow,
  next: { state: SagaState; context: Readonly<Record<string, Json>>; now: Temporal.Instant },
): Promise<SagaRow> {
  const { state } = next;
  const direction = directionOf(state.status);
  if (direction === 'backward') {
    await sql`UPDATE saga_step_results SET compensation_error = NULL WHERE saga_id = ${saga.saga_id}`.execute(db);
  } else {
    await sql`
      UPDATE saga_step_results SET status = 'running', error = NULL, finished_at = NULL
      WHERE saga_id = ${saga.saga_id} AND index = ${state.index}`.execute(db);
  }
  const found = await sql<{ attempt: number }>`
    SELECT coalesce(max(attempt), 0) AS attempt FROM saga_step_attempts
    WHERE saga_id = ${saga.saga_id} AND index = ${state.index} AND direction = ${direction}`.execute(db);
  const attempts = found.rows[0]?.attempt ?? 0;
  return db
    .updateTable('saga_runs')
    .set({
      status: state.status,
      current_index: state.index,
      error: state.error === null ? null : JSON.stringify(state.error),
      context: JSON.stringify(next.context),
      is_cancel_requested: direction === 'backward' && saga.is_cancel_requested,
      attempt: attempts + 1,
      attempts_before: attempts,
      turn: saga.turn + 1,
      lease_token: null,
      lease_until: null,
      step_deadline: null,
      next_turn_at: sql<string>`clock_timestamp()`,
      waiting_for: null,
      waits: 0,
      revision: saga.revision + 1,
      changed_at: next.now.toString(),
      finished_at: null,
      next_orphan_search_at: null,
    })
    .where('saga_id', '=', saga.saga_id)
    .returningAll()
    .executeTakeFirstOrThrow();
}
