import { earlier, isAfter, later, type State } from './resource.ts';
import { type Change, type Owner, type Segment, unowned, withChanges } from './timeline.ts';

/**
 * The history of a resource that is listed for the first time. It exists from its creation at the provider. It has an owner from
 * the instant at which it was first seen; if it was created after the last complete sweep of its kind, no sweep could have seen
 * it earlier, and it has its owner from its creation, but never before the owning deployment existed.
 */
export const discovered = (seen: {
  state: State;
  createdAt: Temporal.Instant | null;
  seenAt: Temporal.Instant;
  /** Created after the last complete sweep of its kind began. */
  isFresh: boolean;
  owner: Owner;
  /** When the owning deployment began to exist. */
  ownerSince: Temporal.Instant | null;
  /** Changes before `seenAt` that the provider's action log adds. */
  changes: readonly Change[];
}): Segment[] => {
  const from = seen.createdAt === null ? seen.seenAt : earlier(seen.createdAt, seen.seenAt);
  const ownedFrom = ownerStart({ from: seen.isFresh ? from : seen.seenAt, ownerSince: seen.ownerSince });
  // A project alone is billed to no tenant, so only a tenant or a deployment begins a segment of its own.
  const isOwned = seen.owner.tenant_id !== null || seen.owner.deployment_id !== null;
  const startsOwned = !isOwned || !isAfter(ownedFrom, from);
  const auto = startsOwned ? seen.owner : { ...unowned, project_id: seen.owner.project_id };
  const first: Segment = { at: from, state: seen.state, auto, owner: auto };
  // Nearly every resource: it has been since its creation what it is now.
  if (startsOwned && seen.changes.length === 0) return [first];
  const changes: Change[] = startsOwned ? [] : [{ at: ownedFrom, auto: seen.owner }];
  return withChanges([first], [...changes, ...seen.changes], []);
};

/** An attribution begins at `from`, but never before the deployment existed. */
export const ownerStart = ({ from, ownerSince }: { from: Temporal.Instant; ownerSince: Temporal.Instant | null }) =>
  ownerSince === null ? from : later(from, ownerSince);
