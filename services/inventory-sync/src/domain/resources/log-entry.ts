import type { EventData, inventorySync } from '@arcadia/contracts';
import { isBefore, type State } from './resource.ts';
import { changedSegments, isSame, type Owner, type Segment } from './timeline.ts';

export type Cause = EventData<typeof inventorySync.resourceObserved>['cause'];

/** One entry of a resource's log; those with a revision are published too. */
export type Entry = {
  resourceId: string;
  kind: string;
  providerId: string;
  entry: number;
  type: Cause;
  revision: number;
  effectiveAt: Temporal.Instant;
  observedAt: Temporal.Instant;
  state: State;
  owner: Owner;
  /** The owner by the rules alone. */
  auto: Owner;
  details: Record<string, unknown> | null;
  actor: string | null;
};

/** A changed history of one resource, before and after. */
export type HistoryChange = {
  resourceId: string;
  kind: string;
  providerId: string;
  /** The last revision and entry so far. */
  revision: number;
  entries: number;
  before: readonly Segment[];
  after: readonly Segment[];
  observedAt: Temporal.Instant;
  /** The person who made the change, if a person did. */
  actor?: string;
  details?: Record<string, unknown>;
};

/** The entries that a changed history adds to the log, one for each segment that is new or different. */
export const newEntries = (change: HistoryChange): Entry[] =>
  changedSegments(change.before, change.after).map((segment, index) => {
    const previous = replacedSegment(change, segment);
    return logEntry(change, segment, {
      entry: change.entries + index + 1,
      revision: change.revision + index + 1,
      cause: causeOf(previous, segment),
      details: detailsOf(change, previous, segment),
    });
  });

export const logEntry = (
  resource: Pick<HistoryChange, 'resourceId' | 'kind' | 'providerId' | 'observedAt' | 'actor'>,
  segment: Segment,
  as: { entry: number; revision: number; cause: Cause; details: Record<string, unknown> | null },
): Entry => ({
  resourceId: resource.resourceId,
  kind: resource.kind,
  providerId: resource.providerId,
  entry: as.entry,
  type: as.cause,
  revision: as.revision,
  effectiveAt: segment.at,
  observedAt: resource.observedAt,
  state: segment.state,
  owner: segment.owner,
  auto: segment.auto,
  details: as.details,
  actor: resource.actor ?? null,
});

/** The former segment of the same instant, otherwise the segment that holds until then, if there is one. */
const replacedSegment = ({ before, after }: HistoryChange, { at }: Segment): Segment | undefined =>
  before.find((segment) => segment.at.equals(at)) ?? after.findLast((segment) => isBefore(segment.at, at));

const causeOf = (previous: Segment | undefined, segment: Segment): Cause => {
  if (previous === undefined) return 'discovered';
  if (previous.state.is_present !== segment.state.is_present) return segment.state.is_present ? 'restored' : 'deleted';
  return isSame(previous.state, segment.state) ? 'tagged' : 'updated';
};

/** The value of each changed field before and after; a discovery has no changes. */
const detailsOf = (
  change: HistoryChange,
  previous: Segment | undefined,
  segment: Segment,
): Record<string, unknown> | null => {
  if (previous === undefined) return change.details ?? null;
  const before = flat(previous);
  const after = flat(segment);
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !isSame(before[name], after[name]),
  );
  const changes = Object.fromEntries(
    names.map((name) => [name, { before: before[name] ?? null, after: after[name] ?? null }]),
  );
  return { ...change.details, changes };
};

const flat = ({ state, owner }: Segment): Record<string, unknown> => {
  const { attrs, ...plain } = state;
  const named = (prefix: string, values: object) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]));
  return { ...plain, ...named('attrs', attrs), ...named('owner', owner) };
};
