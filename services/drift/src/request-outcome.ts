import { drift, provisioning, type Refusal, refuse } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { kindOfResource } from './store/drift-lists.ts';
import { lockDrift, writeRequest } from './store/requests.ts';
import type { DriftRow, Schema } from './store/schema.ts';

/**
 * An operator wants a drift accepted or reverted. Drift only says so: what comes of it, provisioning decides, and until it
 * has answered the row is left as it is.
 */
export async function requestOutcome(
  tx: Tx<Schema>,
  asked: { driftId: string; action: 'accept' | 'revert'; by: string; now: Temporal.Instant },
): Promise<DriftRow | Refusal> {
  const row = await lockDrift(tx.sql, asked.driftId);
  if (row === null) return noSuchDrift();
  if (row.status !== 'open')
    return refuse('conflict', `This drift is over: it is ${row.status}.`, { status: row.status });
  if (row.requested_action !== null) {
    return refuse('conflict', `${row.requested_by} has asked for it to be ${row.requested_action}ed already.`, {
      requested: row.requested_action,
    });
  }
  if (asked.action === 'revert' && !isRestorable(row, await kindOfResource(tx.sql, row.resource_id))) {
    return refuse('not-revertible', `No saga can put back ${row.field}: accept it, ignore it, or mend it by hand.`, {
      field: row.field,
    });
  }
  const requested = await writeRequest(tx.sql, { ...asked, at: asked.now });
  const contract = asked.action === 'accept' ? drift.driftAccepted : drift.driftRevertRequested;
  await tx.publish(
    contract,
    { ...factsOf(requested), requested_by: asked.by, requested_at: asked.now.toString() },
    { occurredAt: asked.now },
  );
  return requested;
}

const isRestorable = (row: DriftRow, kind: string | null): boolean =>
  row.kind === 'field' && provisioning.restorableFields[kind ?? '']?.includes(row.field) === true;

export const noSuchDrift = () => refuse('not-found', 'There is no such drift.');

const factsOf = (row: DriftRow) => ({
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
});
