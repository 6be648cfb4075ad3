import { type drift, type EventData, isRefusal, nameUuid, provisioning } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { CommandContext, Tx } from '../context.ts';
import { afterAccept } from '../domain/specs/desired-state.ts';
import { beginSaga } from '../sagas/begin-saga.ts';
import type { DriftReply } from '../specs/record-spec.ts';
import { bindReplyToSaga, openReply } from '../store/drift-requests/drift-replies.ts';
import { findDroplet } from '../store/resources/deployment-droplets.ts';
import { type DesiredRow, lockDesiredState } from '../store/specs/desired-states.ts';
import { replyToDrift } from './reply-to-drift.ts';

type DriftRequest = typeof drift.driftAccepted | typeof drift.driftRevertRequested;
type Request = EventData<DriftRequest>;

/** Handles the requests of drift one after another, in their order. Each is replied to once, also when it arrives twice. */
export async function consumeDriftRequests(
  batch: Received<DriftRequest>[],
  tx: Tx,
  { clock }: CommandContext,
): Promise<void> {
  const now = clock.now();
  for (const { type, data } of batch) {
    const desired = await lockDesiredState(tx.sql, data.resource_id);
    if (!(await openReply(tx.sql, data))) continue;
    if (type === 'drift.accepted') await acceptDrift(tx, data, desired, now);
    else await revertDrift(tx, data, desired, now);
  }
}

/** An operator accepted the actual state: it becomes the desired state, unless that has changed since the operator saw it. */
async function acceptDrift(tx: Tx, request: Request, desired: DesiredRow | null, now: Temporal.Instant): Promise<void> {
  const after = afterAccept(desired && { spec: desired.spec, specVersion: desired.spec_version }, request);
  const reply: DriftReply =
    after === null
      ? { ...requestOf(request), outcome: 'refused', detail: changedSince(desired) }
      : { ...requestOf(request), outcome: 'accepted', detail: null };
  await replyToDrift(tx, { resourceId: request.resource_id, sagaId: null, spec: after?.spec }, reply, now);
}

/** An operator requested the desired value back: a saga restores it, and the end of the saga is the reply. */
async function revertDrift(tx: Tx, request: Request, desired: DesiredRow | null, now: Temporal.Instant): Promise<void> {
  const saga = await beginReversal(tx, request, desired, now);
  if ('sagaId' in saga) return bindReplyToSaga(tx.sql, request, saga.sagaId);
  const reply: DriftReply = { ...requestOf(request), outcome: 'refused', detail: saga.refusedBecause };
  await replyToDrift(tx, { resourceId: request.resource_id, sagaId: null, spec: undefined }, reply, now);
}

async function beginReversal(
  tx: Tx,
  request: Request,
  desired: DesiredRow | null,
  now: Temporal.Instant,
): Promise<{ sagaId: string } | { refusedBecause: string }> {
  if (desired === null || desired.spec_version !== request.spec_version) {
    return { refusedBecause: changedSince(desired) };
  }
  const isRestorable = provisioning.restorableFields[desired.kind]?.includes(request.field) === true;
  if (request.kind !== 'field' || !isRestorable) {
    return { refusedBecause: `No saga can restore ${request.field} of a ${desired.kind}.` };
  }
  const known = await findDroplet(tx.sql, request.resource_id);
  const saga = await beginSaga(tx, {
    sagaId: nameUuid('saga', request.drift_id, String(request.request)),
    kind: 'resize_droplet',
    inputs: {
      provider_id: desired.provider_id,
      size_slug: String(desired.spec?.[request.field]),
      confirm: known?.name ?? desired.provider_id,
    },
    startedBy: request.requested_by,
    drift: { id: request.drift_id, request: request.request },
    now,
  });
  return isRefusal(saga) ? { refusedBecause: saga.detail } : { sagaId: saga.saga_id };
}

const requestOf = (request: Request) => ({ drift_id: request.drift_id, request: request.request });

const changedSince = (desired: DesiredRow | null): string =>
  desired === null
    ? 'The resource has no desired state any more.'
    : `The desired state has changed to version ${desired.spec_version}.`;
