import { earlier, later, type State } from './resource.ts';
import { type Change, nobody, type Owner, type Segment, withChanges } from './timeline.ts';

/**
 * The history of a resource that is seen for the first time. It existed since the provider made it; it has an owner since it
 * was first seen, unless it was made after the last complete sweep of its kind: then nobody could have seen it earlier, and its
 * owner owned it from the start, though never before the deployment existed.
 */
export const discovered = (seen: {
  state: State;
  createdAt: Temporal.Instant | null;
  seenAt: Temporal.Instant;
  /** Made after the last complete sweep of its kind began. */
  isFresh: boolean;
  owner: Owner;
  /** When the owner's deployment began to exist. */
  ownerSince: Temporal.Instant | null;
  /** What the provider's log tells of the time before. */
  changes: readonly Change[];
}): Segment[] => {
  const from = seen.createdAt === null ? seen.seenAt : earlier(seen.createdAt, seen.seenAt);
  const ownedFrom = ownerStart({ from: seen.isFresh ? from : seen.seenAt, ownerSince: seen.ownerSince });
  // Whose project it is costs nobody anything, so only a tenant or a deployment makes a stretch of its own.
  const isOwned = seen.owner.tenant_id !== null || seen.owner.deployment_id !== null;
  const startsOwned = !isOwned || !isLater(ownedFrom, from);
  const auto = startsOwned ? seen.owner : { ...nobody, project_id: seen.owner.project_id };
  const first: Segment = { at: from, state: seen.state, auto, owner: auto };
  const changes: Change[] = startsOwned ? [] : [{ at: ownedFrom, auto: seen.owner }];
  return withChanges([first], [...changes, ...seen.changes], []);
};

/** An attribution begins at `from`, but never before the deployment existed. */
export const ownerStart = ({ from, ownerSince }: { from: Temporal.Instant; ownerSince: Temporal.Instant | null }) =>
  ownerSince === null ? from : later(from, ownerSince);

const isLater = (a: Temporal.Instant, b: Temporal.Instant): boolean => Temporal.Instant.compare(a, b) > 0;
