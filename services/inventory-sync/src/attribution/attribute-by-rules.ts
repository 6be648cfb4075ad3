import type { Tx } from '@arcadia/platform';
import { ownerStart } from '../domain/resources/discovery.ts';
import { withChanges } from '../domain/resources/timeline.ts';
import { publishKnown } from '../resources/publish-changes.ts';
import { holdAttribution } from '../store/attribution/attribution-lock.ts';
import { type Expected, misattributed } from '../store/attribution/expected-owners.ts';
import { type KnownResource, lockResources } from '../store/resources/resource-histories.ts';
import type { Tables } from '../store/schema.ts';

type When = {
  /** When a new owner begins to own, unless it is the first owner that could be known. */
  at: Temporal.Instant;
  now: Temporal.Instant;
};

/** How many resources are locked and published at once. */
const batch = 500;

/**
 * Compares the owners of resources with the rules and publishes those that differ with their new owner. The new owner owns from `at`
 * on; a resource that was created after the last complete sweep of its kind and is attributed for the first time has it from its
 * creation, but never before the deployment existed. Resources that inherit from these differ in the next round.
 * @param kinds null: all
 * @param inheritorsOnly only resources that name a source
 */
export async function attributeByRules(
  tx: Tx<Tables>,
  { kinds, inheritorsOnly = false, ...when }: When & { kinds: readonly string[] | null; inheritorsOnly?: boolean },
): Promise<void> {
  await holdAttribution(tx.sql);
  for (;;) {
    const moved = await attribute(tx, await misattributed(tx.sql, { kinds, inheritorsOnly, limit: batch }), when);
    if (moved.changed === 0) return;
  }
}

async function attribute(
  tx: Tx<Tables>,
  expected: readonly Expected[],
  { at, now }: When,
): Promise<{ changed: number; movedIds: string[] }> {
  const byId = new Map(expected.map((one) => [one.resourceId, one]));
  const resources = await lockResources(tx.sql, [...byId.keys()]);
  const changes = resources.flatMap((resource) => {
    const one = byId.get(resource.resourceId);
    if (one === undefined || !resource.isPresent) return [];
    const after = withChanges(resource.history, [{ at: startOf(resource, one, at), auto: one.owner }], resource.claims);
    return [
      { resource, after, observedAt: now, ownerFrom: one.owner.deployment_id === null ? resource.ownerFrom : null },
    ];
  });
  return publishKnown(tx, changes);
}

const startOf = (resource: KnownResource, { owner, ownerSince }: Expected, at: Temporal.Instant): Temporal.Instant => {
  const isOwned = owner.deployment_id !== null || owner.tenant_id !== null;
  const from = ownerStart({ from: (isOwned ? resource.ownerFrom : null) ?? at, ownerSince });
  const first = resource.history[0]?.at ?? from;
  return Temporal.Instant.compare(from, first) < 0 ? first : from;
};
