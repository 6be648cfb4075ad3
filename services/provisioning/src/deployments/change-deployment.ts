import { provisioning } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import { type Change, changed, type Deployment, deploymentChangedOf } from '../domain/deployments/deployment.ts';
import { claimBindings } from '../store/deployments/binding-claims.ts';
import { insertDeploymentEvent, updateDeploymentRow } from '../store/deployments/deployments.ts';

/**
 * Changes a deployment: writes its row, its log entry and its event together. Every change goes through this function. The
 * caller has locked the deployment.
 * @param now when the change is recorded, by the service's clock; it takes effect at `change.effectiveAt`
 */
export async function changeDeployment(
  tx: Tx,
  before: Deployment,
  patch: Partial<Deployment>,
  change: Change,
  now: Temporal.Instant,
): Promise<Deployment> {
  // An archived deployment owns nothing, and its former bindings may belong to another deployment by now.
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

/** Fields that the log entry has columns of its own for, or does not show. */
const unlisted = new Set(['state', 'state_by']);

function differences(before: Deployment, patch: Partial<Deployment>): Record<string, unknown> {
  const former = new Map<string, unknown>(Object.entries(before));
  return Object.fromEntries(
    Object.entries(patch).filter(
      ([field, value]) => !unlisted.has(field) && JSON.stringify(value) !== JSON.stringify(former.get(field)),
    ),
  );
}
