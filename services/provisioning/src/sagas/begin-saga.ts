import { isRefusal, type provisioning, refuse } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import { insertSaga, lockSaga, type SagaRow, sagaWorkingOn, stateOf } from '../store/sagas/sagas.ts';
import type { StartRefusal } from './define-saga.ts';
import { publishSaga } from './publish-saga.ts';
import { sagas } from './registry.ts';
import { causeOf, sagaStepJob } from './saga-step-job.ts';

/**
 * Stores a saga and enqueues its first turn. The same saga id starts one saga, however often it is given.
 * @returns the saga, or why it was not started
 */
export async function beginSaga(
  tx: Tx,
  given: {
    sagaId: string;
    kind: provisioning.SagaKind;
    inputs: unknown;
    startedBy: string;
    drift?: { id: string; request: number };
    now: Temporal.Instant;
  },
): Promise<SagaRow | StartRefusal> {
  const kind = sagas[given.kind];
  const prepared = await kind.prepare(tx.sql, given.inputs, given.now);
  if (isRefusal(prepared)) return prepared;
  const { deployment, worksOn } = prepared;
  const isNew = await insertSaga(tx.sql, {
    saga_id: given.sagaId,
    kind: given.kind,
    step_names: kind.steps(prepared.inputs).map(({ name }) => name),
    inputs: prepared.inputs,
    deployment_id: deployment?.deployment_id ?? null,
    tenant_id: deployment?.tenant_id ?? null,
    resource_id: prepared.resourceId,
    drift_id: given.drift?.id ?? null,
    drift_request: given.drift?.request ?? null,
    works_on: worksOn,
    started_by: given.startedBy,
    now: given.now,
  });
  const saga = await lockSaga(tx.sql, given.sagaId);
  if (saga === null) {
    const other = worksOn === null ? null : await sagaWorkingOn(tx.sql, worksOn);
    return refuse('conflict', `Saga ${other ?? 'another'} works on the same thing; wait until it ends, or cancel it.`, {
      saga_id: other,
    });
  }
  if (!isNew) return saga;
  await publishSaga(tx, saga, stateOf(saga, []).steps);
  await tx.enqueue(sagaStepJob, { saga_id: saga.saga_id }, { cause: causeOf(saga) });
  return saga;
}
