import { drift, isRefusal, provisioning, type Refusal, refuse } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext, Tx } from './context.ts';
import { noSuchDrift, readView } from './read-drift.ts';
import { lockDrift, writeRequest } from './store/requests.ts';
import type { DriftRow, Tables } from './store/schema.ts';

/**
 * Requests that the actual value becomes the desired one. Provisioning decides the outcome; until it has replied, the row
 * stays as it is.
 */
export async function acceptDrift(
  { input, actor, tx }: CommandRequest<typeof drift.acceptDrift, Tables>,
  ctx: CommandContext,
) {
  const row = await lockRequestable(tx, input.drift_id);
  if (isRefusal(row)) return row;
  const now = ctx.clock.now();
  const requested = await writeRequest(tx.sql, {
    row,
    action: 'accept',
    by: actor.subject,
    at: now,
    reason: input.reason ?? null,
  });
  await tx.publish(drift.driftAccepted, factsOf(requested, actor.subject, now), { occurredAt: now });
  return readView(tx.sql, row.drift_id, now);
}

/** Requests that provisioning restores the desired value by a saga. */
export async function revertDrift(
  { input, actor, tx }: CommandRequest<typeof drift.revertDrift, Tables>,
  ctx: CommandContext,
) {
  const row = await lockRequestable(tx, input.drift_id);
  if (isRefusal(row)) return row;
  const now = ctx.clock.now();
  const view = await readView(tx.sql, row.drift_id, now);
  if (isRefusal(view)) return view;
  if (!isRestorable(row, view.resource_kind)) {
    return refuse(
      'not-revertible',
      `No saga can restore the field "${row.field}". Accept the drift, ignore it, or correct the resource by hand.`,
      { field: row.field },
    );
  }
  const name = view.resource_name ?? view.provider_id;
  if (input.confirm !== name) {
    return refuse(
      'confirmation-needed',
      `A revert interrupts the ${view.resource_kind}. Give confirm: its name, ${name}.`,
    );
  }
  const requested = await writeRequest(tx.sql, { row, action: 'revert', by: actor.subject, at: now, reason: null });
  await tx.publish(drift.driftRevertRequested, factsOf(requested, actor.subject, now), { occurredAt: now });
  return readView(tx.sql, row.drift_id, now);
}

/** Locks a row that is open and has no pending request. */
async function lockRequestable(
  tx: Tx,
  driftId: string,
): Promise<DriftRow | Refusal<'not-found'> | Refusal<'conflict'>> {
  const row = await lockDrift(tx.sql, driftId);
  if (row === null) return noSuchDrift();
  if (row.status !== 'open')
    return refuse('conflict', `This drift is closed: its status is "${row.status}".`, { status: row.status });
  if (row.requested_action !== null) {
    return refuse(
      'conflict',
      `${row.requested_by} has already requested to ${row.requested_action} this drift; wait for the outcome.`,
      { requested: row.requested_action },
    );
  }
  return row;
}

function isRestorable(row: DriftRow, kind: string | null): boolean {
  return row.kind === 'field' && provisioning.restorableFields[kind ?? '']?.includes(row.field) === true;
}

function factsOf(row: DriftRow, by: string, at: Temporal.Instant) {
  return {
    drift_id: row.drift_id,
    resource_id: row.resource_id,
    deployment_id: row.deployment_id,
    tenant_id: row.tenant_id,
    kind: row.kind,
    field: row.field,
    expected: row.expected,
    actual: row.actual,
    spec_version: row.spec_version,
    revision: row.revision,
    request: row.request,
    requested_by: by,
    requested_at: at.toString(),
    ...(row.reason === null ? {} : { reason: row.reason }),
  };
}
