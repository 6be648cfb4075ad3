import { type Refusal, refuse } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { changeDeployment } from './change-deployment.ts';
import { type Change, claimsOf } from './domain/deployment.ts';
import { claimBindings, lockDeployments } from './store/deployments.ts';
import type { Schema } from './store/schema.ts';

type Claim = { claim: string; deployment_id: string };

export const boundElsewhere = ({ claim }: Claim) =>
  refuse('conflict', `${claim} is bound to another deployment.`, { binding: claim });

/** Others let go of these at the instant of the change; refused when one of them was changed later than that. */
export async function releaseBindings(
  tx: Tx<Schema>,
  claims: readonly Claim[],
  change: Change,
  now: Temporal.Instant,
): Promise<Refusal | null> {
  const released = new Set(claims.map(({ claim }) => claim));
  for (const other of await lockDeployments(tx.sql, [...new Set(claims.map(({ deployment_id }) => deployment_id))])) {
    if (Temporal.Instant.compare(change.effectiveAt, Temporal.Instant.from(other.effective_at)) < 0) {
      return refuse(
        'effective-at-refused',
        `Deployment ${other.slug} was changed at ${other.effective_at}, after that.`,
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
