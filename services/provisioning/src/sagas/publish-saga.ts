import { type EventData, provisioning } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import type { SagaState } from '../domain/sagas/saga.ts';
import type { SagaRow } from '../store/sagas/sagas.ts';

/** Publishes the state of a saga and its steps, without its inputs and results. */
export async function publishSaga(tx: Tx, saga: SagaRow, steps: SagaState['steps']): Promise<void> {
  const data: EventData<typeof provisioning.sagaChanged> = {
    saga_id: saga.saga_id,
    kind: saga.kind,
    status: saga.status,
    revision: saga.revision,
    deployment_id: saga.deployment_id,
    tenant_id: saga.tenant_id,
    drift_id: saga.drift_id,
    current_index: saga.current_index,
    steps: steps.map(({ name, status }) => ({ name, status })),
    error: saga.error,
    changed_at: saga.changed_at,
  };
  await tx.publish(provisioning.sagaChanged, data, { occurredAt: Temporal.Instant.from(saga.changed_at) });
}
