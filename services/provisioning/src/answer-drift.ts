import { type drift, type EventData, isRefusal, type Json, nameUuid, provisioning } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { afterAccept } from './domain/desired-state.ts';
import type { SagaState } from './domain/saga.ts';
import { type Reply, recordSpec } from './record-spec.ts';
import { startSaga } from './start-saga.ts';
import { findDroplet } from './store/deployment-droplets.ts';
import { type DesiredRow, lockDesiredState } from './store/desired-states.ts';
import { bindReplyToSaga, openReply } from './store/drift-replies.ts';
import { findKnownResource } from './store/known-resources.ts';
import type { SagaRow } from './store/sagas.ts';
import type { Schema } from './store/schema.ts';

type Request = EventData<typeof drift.driftAccepted>;

/** Somebody accepted how a resource is: the spec follows, if it still is the one that was looked at. */
export async function acceptDrift(tx: Tx<Schema>, request: Request, now: Temporal.Instant): Promise<void> {
  const before = await lockDesiredState(tx.sql, request.resource_id);
  if (!(await openReply(tx.sql, request))) return;
  const after = afterAccept(before === null ? null : { spec: before.spec, specVersion: before.spec_version }, request);
  const reply: Reply =
    after === null
      ? { ...replyTo(request), outcome: 'refused', detail: movedOn(before) }
      : { ...replyTo(request), outcome: 'accepted', detail: null };
  await publishReply(tx, request, reply, now, after?.spec);
}

/** Somebody wants the desired value back: a saga restores it, and its end is the answer. */
export async function revertDrift(tx: Tx<Schema>, request: Request, now: Temporal.Instant): Promise<void> {
  const before = await lockDesiredState(tx.sql, request.resource_id);
  if (!(await openReply(tx.sql, request))) return;
  const refused = (detail: string) =>
    publishReply(tx, request, { ...replyTo(request), outcome: 'refused', detail }, now, undefined);
  if (before === null || before.spec_version !== request.spec_version) return refused(movedOn(before));
  const isRestorable = provisioning.restorableFields[before.kind]?.includes(request.field) === true;
  if (request.kind !== 'field' || !isRestorable)
    return refused(`No saga can put back ${request.field} of a ${before.kind}.`);
  const known = await findDroplet(tx.sql, request.resource_id);
  const saga = await startSaga(tx, {
    sagaId: nameUuid('saga', request.drift_id, String(request.request)),
    kind: 'resize_droplet',
    inputs: {
      provider_id: before.provider_id,
      size_slug: String(before.spec?.[request.field]),
      confirm: known?.name ?? before.provider_id,
    },
    startedBy: request.requested_by,
    drift: { id: request.drift_id, request: request.request },
    now,
  });
  if (isRefusal(saga)) return refused(saga.detail);
  await bindReplyToSaga(tx.sql, request, saga.saga_id);
}

/** A saga has ended: when it was to revert a drift, drift hears how that went. */
export async function answerDriftOf(
  tx: Tx<Schema>,
  saga: SagaRow,
  steps: SagaState['steps'],
  now: Temporal.Instant,
): Promise<void> {
  if (saga.drift_id === null || saga.drift_request === null || saga.resource_id === null) return;
  const isDone = saga.status === 'completed';
  const failed = steps.find(({ status }) => status === 'failed')?.name;
  const reason = failed === undefined ? 'it was cancelled' : `its step ${failed} failed`;
  const reply: Reply = {
    drift_id: saga.drift_id,
    request: saga.drift_request,
    outcome: isDone ? 'reverted' : 'refused',
    detail: isDone ? null : `Saga ${saga.saga_id} did not put it back: ${reason}.`,
  };
  await publishReply(tx, { resource_id: saga.resource_id, saga_id: saga.saga_id }, reply, now, undefined);
}

const replyTo = (request: Request) => ({ drift_id: request.drift_id, request: request.request });

const movedOn = (before: DesiredRow | null): string =>
  before === null
    ? 'There is no desired state of it any more.'
    : `Its desired state has moved on to version ${before.spec_version}.`;

/** The answer goes out with the desired state as it stands; `spec` undefined leaves that alone. */
async function publishReply(
  tx: Tx<Schema>,
  about: { resource_id: string; saga_id?: string },
  reply: Reply,
  now: Temporal.Instant,
  spec: Record<string, Json> | null | undefined,
): Promise<void> {
  const before = await lockDesiredState(tx.sql, about.resource_id);
  const known = before ?? (await findKnownResource(tx.sql, about.resource_id));
  if (known === null) throw new Error(`drift asks about resource ${about.resource_id}, of which nothing is known yet`);
  const { resource_id, provider, kind, provider_id } = known;
  await recordSpec(tx, {
    resource: { resource_id, provider, kind, provider_id },
    owner: { deployment_id: known.deployment_id, tenant_id: known.tenant_id },
    spec,
    sagaId: about.saga_id ?? null,
    now,
    reply,
  });
}
