import type { Tx } from '../context.ts';
import type { SagaState } from '../domain/sagas/saga.ts';
import type { Spec } from '../domain/specs/desired-state.ts';
import { type DriftReply, recordSpec } from '../specs/record-spec.ts';
import { findKnownResource } from '../store/resources/known-resources.ts';
import type { SagaRow } from '../store/sagas/sagas.ts';
import { lockDesiredState } from '../store/specs/desired-states.ts';

/**
 * Publishes the reply to a request of drift, with the desired state of the resource.
 * @param about.spec undefined: the desired state stays unchanged
 */
export async function replyToDrift(
  tx: Tx,
  about: { resourceId: string; sagaId: string | null; spec: Spec | null | undefined },
  reply: DriftReply,
  now: Temporal.Instant,
): Promise<void> {
  const desired = await lockDesiredState(tx.sql, about.resourceId);
  const known = desired ?? (await findKnownResource(tx.sql, about.resourceId));
  if (known === null) {
    throw new Error(
      `The request of drift ${reply.drift_id} is about resource ${about.resourceId}, which is not known yet.`,
    );
  }
  const { resource_id, provider, kind, provider_id } = known;
  await recordSpec(tx, {
    resource: { resource_id, provider, kind, provider_id },
    owner: { deployment_id: known.deployment_id, tenant_id: known.tenant_id },
    spec: about.spec,
    sagaId: about.sagaId,
    now,
    reply,
  });
}

/** Replies to drift when a saga that reverts a drift has ended. */
export async function replyAfterSaga(
  tx: Tx,
  saga: SagaRow,
  steps: SagaState['steps'],
  now: Temporal.Instant,
): Promise<void> {
  if (saga.drift_id === null || saga.drift_request === null || saga.resource_id === null) return;
  const isReverted = saga.status === 'completed';
  const failed = steps.find(({ status }) => status === 'failed')?.name;
  const reason = failed === undefined ? 'it was cancelled' : `its step ${failed} failed`;
  const reply: DriftReply = {
    drift_id: saga.drift_id,
    request: saga.drift_request,
    outcome: isReverted ? 'reverted' : 'refused',
    detail: isReverted ? null : `Saga ${saga.saga_id} did not restore the desired value: ${reason}.`,
  };
  await replyToDrift(tx, { resourceId: saga.resource_id, sagaId: saga.saga_id, spec: undefined }, reply, now);
}
