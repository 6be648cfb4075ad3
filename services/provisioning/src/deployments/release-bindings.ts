import { type Refusal, refuse } from '@arcadia/contracts';
import type { Tx } from '../context.ts';
import { type Change, claimsOf } from '../domain/deployments/deployment.ts';
import { type BindingClaim, claimBindings } from '../store/deployments/binding-claims.ts';
import { lockDeployments } from '../store/deployments/deployments.ts';
import { changeDeployment } from './change-deployment.ts';

export const boundElsewhere = ({ claim }: BindingClaim): Refusal<'conflict'> =>
  refuse('conflict', `${claim} is bound to another deployment.`, { binding: claim });

/**
 * Takes projects and tags away from the deployments that have them, at the instant of the change.
 * @returns a refusal when one of these deployments was changed after that instant
 */
export async function releaseBindings(
  tx: Tx,
  claims: readonly BindingClaim[],
  change: Change,
  now: Temporal.Instant,
): Promise<Refusal<'effective-at-refused'> | null> {
  const released = new Set(claims.map(({ claim }) => claim));
  for (const other of await lockDeployments(tx.sql, [...new Set(claims.map(({ deployment_id }) => deployment_id))])) {
    if (Temporal.Instant.compare(change.effectiveAt, Temporal.Instant.from(other.effective_at)) < 0) {
      return refuse(
        'effective-at-refused',
        `Deployment ${other.slug}, which has the binding, was last changed at ${other.effective_at}; effective_at must not be earlier.`,
      );
    }
    const isKept = (part: Parameters<typeof claimsOf>[0]) => claimsOf(part).every((claim) => !released.has(claim));
    const patch = {
      project_bindings: other.project_bindings.filter((binding) =>
        isKept({ project_bindings: [binding], tag_bindings: [] }),
      ),
      tag_bindings: other.tag_bindings.filter((tag) => isKept({ project_bindings: [], tag_bindings: [tag] })),
    };
    await claimBindings(tx.sql, { ...other, ...patch });
    await changeDeployment(tx, other, patch, change, now);
  }
  return null;
}
