import { isRefusal, type provisioning, type Refusal, refuse } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { prepareSaga } from './prepare-saga.ts';
import { publishSaga } from './publish-saga.ts';
import { causeOf, sagaStep } from './saga-step-job.ts';
import { stepsOf } from './sagas/kinds.ts';
import { insertSaga, lockSaga, type SagaRow, sagaWorkingOn, stateOf } from './store/sagas.ts';
import type { Schema } from './store/schema.ts';

/**
 * Write a saga down and ask for its first turn. Started twice with one id it is started once.
 * @returns the saga, or why it is not started
 */
export async function startSaga(
  tx: Tx<Schema>,
  asked: {
    sagaId: string;
    kind: provisioning.SagaKind;
    inputs: unknown;
    startedBy: string;
    drift?: { id: string; request: number };
    now: Temporal.Instant;
  },
): Promise<SagaRow | Refusal> {
  const prepared = await prepareSaga(tx.sql, asked.kind, asked.inputs);
  if (isRefusal(prepared)) return prepared;
  const { deployment, worksOn } = prepared;
  const isNew = await insertSaga(tx.sql, {
    saga_id: asked.sagaId,
    kind: asked.kind,
    step_names: (stepsOf(asked.kind, prepared.inputs) ?? []).map(({ name }) => name),
    inputs: prepared.inputs as Record<string, never>,
    deployment_id: deployment?.deployment_id ?? null,
    tenant_id: deployment?.tenant_id ?? null,
    resource_id: prepared.resourceId,
    drift_id: asked.drift?.id ?? null,
    drift_request: asked.drift?.request ?? null,
    works_on: worksOn,
    started_by: asked.startedBy,
    now: asked.now,
  });
  const saga = await lockSaga(tx.sql, asked.sagaId);
  if (saga === null) {
    const other = worksOn === null ? null : await sagaWorkingOn(tx.sql, worksOn);
    return refuse(
      'conflict',
      `Saga ${other ?? 'another'} is at work on the same thing; wait for its end or cancel it.`,
      { saga_id: other },
    );
  }
  if (!isNew) return saga;
  await publishSaga(tx, saga, stateOf(saga, []).steps);
  await tx.enqueue(sagaStep, { saga_id: saga.saga_id }, { cause: causeOf(saga) });
  return saga;
}
