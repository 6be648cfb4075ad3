import type { Tx } from '@arcadia/platform';
import { ownerStart } from './domain/discovery.ts';
import { withChanges } from './domain/timeline.ts';
import { publishKnown } from './publish-changes.ts';
import { holdAttribution } from './store/attribution-lock.ts';
import { type Expected, misattributed } from './store/expected-owners.ts';
import { type KnownResource, lockResources } from './store/resource-histories.ts';
import type { Database } from './store/schema.ts';

type When = {
  /** A new owner owns from then on, unless it is the first that could be known. */
  at: Temporal.Instant;
  now: Temporal.Instant;
};

/** How many are locked and told of in one go. */
const batch = 500;

/**
 * Compares whose everything is with what the rules say now, and says what differs again with its new owner: from `at` on, but
 * for what was made since the last complete sweep of its kind and is attributed for the first time, from its creation; and
 * never before the deployment existed. Heirs of what moved differ in the next round.
 * @param kinds null: all
 * @param areHeirs only what names a source
 */
export async function attributeByRules(
  tx: Tx<Database>,
  { kinds, areHeirs = false, ...when }: When & { kinds: readonly string[] | null; areHeirs?: boolean },
): Promise<void> {
  await holdAttribution(tx.sql);
  for (;;) {
    const moved = await attribute(tx, await misattributed(tx.sql, { kinds, areHeirs, limit: batch }), when);
    if (moved.changed === 0) return;
  }
}

async function attribute(
  tx: Tx<Database>,
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
