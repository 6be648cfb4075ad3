import { provisioning } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { type Change, changed, type Deployment, deploymentChangedOf } from './domain/deployment.ts';
import { claimBindings, insertDeploymentEvent, updateDeploymentRow } from './store/deployments.ts';
import type { Schema } from './store/schema.ts';

/**
 * Every change of a deployment goes through here: row, log entry and event together. The deployment must have been locked.
 * @param now the service clock's, which the change was recorded at; it took effect at `change.effectiveAt`.
 */
export async function changeDeployment(
  tx: Tx<Schema>,
  before: Deployment,
  patch: Partial<Deployment>,
  change: Change,
  now: Temporal.Instant,
): Promise<Deployment> {
  // What is archived owns nothing any more, and another deployment may have what it was bound to.
  const whole = patch.state === 'archived' ? { ...patch, project_bindings: [], tag_bindings: [] } : patch;
  const after = changed(before, whole, change, now);
  await updateDeploymentRow(tx.sql, after);
  if (after.state === 'archived') await claimBindings(tx.sql, after);
  await insertDeploymentEvent(tx.sql, after, before, { ...change, changed: differences(before, whole) });
  await tx.publish(provisioning.deploymentChanged, deploymentChangedOf(after, before, change), {
    occurredAt: change.effectiveAt,
  });
  return after;
}

const bookkeeping = new Set(['state', 'state_by']);

function differences(before: Deployment, patch: Partial<Deployment>): Record<string, unknown> {
  const entries = Object.entries(patch).filter(
    ([field, value]) =>
      !bookkeeping.has(field) && JSON.stringify(value) !== JSON.stringify(before[field as keyof Deployment]),
  );
  return Object.fromEntries(entries);
}
