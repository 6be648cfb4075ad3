import { type EventData, provisioning } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import type { SagaState } from './domain/saga.ts';
import type { SagaRow } from './store/sagas.ts';
import type { Schema } from './store/schema.ts';

/** Everybody may know how a saga stands; what it was given and found out stays here. */
export async function publishSaga(tx: Tx<Schema>, saga: SagaRow, steps: SagaState['steps']): Promise<void> {
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
