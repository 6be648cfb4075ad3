import { type Refusal, refuse } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { isFinished } from './domain/saga.ts';
import { stepsOf, traitsOf } from './sagas/kinds.ts';
import { lockSaga, requestCancel, type SagaRow, stateOf, stepRowsOf } from './store/sagas.ts';
import type { Schema } from './store/schema.ts';

/** Asks; the worker looks at it before the next step. A saga past its point of no return is not stopped. */
export async function cancelSaga(tx: Tx<Schema>, asked: { sagaId: string; by: string }): Promise<SagaRow | Refusal> {
  const saga = await lockSaga(tx.sql, asked.sagaId);
  if (saga === null) return refuse('not-found', 'There is no such saga.');
  if (isFinished(saga.status)) return refuse('conflict', `The saga is over: it is ${saga.status}.`);
  const state = stateOf(saga, await stepRowsOf(tx.sql, saga.saga_id));
  const isPastReturn = traitsOf(stepsOf(saga.kind, saga.inputs) ?? []).some(
    (step, index) => step.isIrrevocable && state.steps[index]?.status === 'completed',
  );
  if (isPastReturn)
    return refuse('conflict', 'What the saga has done cannot be undone any more; it goes on to its end.');
  await requestCancel(tx.sql, saga.saga_id, asked.by);
  return { ...saga, is_cancel_requested: true, cancelled_by: asked.by };
}
