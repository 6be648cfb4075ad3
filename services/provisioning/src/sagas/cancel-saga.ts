import { type provisioning, refuse } from '@arcadia/contracts';
import type { CommandRequest, ContractReply } from '@arcadia/platform';
import { isFinished } from '../domain/sagas/saga.ts';
import { lockSaga, requestCancel, stateOf, stepRowsOf } from '../store/sagas/sagas.ts';
import type { Tables } from '../store/schema.ts';
import { stepsOf } from './registry.ts';
import { noSuchSaga, sagaSummary } from './saga-views.ts';
import { traitsOf } from './step.ts';

/**
 * Requests the cancellation of a saga. The worker carries it out before the next step. A saga that has done a step which cannot
 * be undone is not cancelled.
 */
export async function cancelSaga({
  input,
  actor,
  tx,
}: CommandRequest<typeof provisioning.cancelSaga, Tables>): ContractReply<typeof provisioning.cancelSaga> {
  const saga = await lockSaga(tx.sql, input.saga_id);
  if (saga === null) return noSuchSaga();
  if (isFinished(saga.status)) return refuse('conflict', `The saga has ended; its status is ${saga.status}.`);
  const rows = await stepRowsOf(tx.sql, saga.saga_id);
  const { steps } = stateOf(saga, rows);
  const isIrrevocable = traitsOf(stepsOf(saga.kind, saga.inputs) ?? []).some(
    (step, index) => step.isIrrevocable && steps[index]?.status === 'completed',
  );
  if (isIrrevocable) {
    return refuse('conflict', 'The saga has done a step that cannot be undone, so it runs to its end.');
  }
  await requestCancel(tx.sql, saga.saga_id, actor.subject);
  return sagaSummary({ ...saga, is_cancel_requested: true }, rows);
}
