import { type EventData, inventorySync } from '@arcadia/contracts';
import type { Tx } from '@arcadia/platform';
import { hashOfState, isBefore } from './domain/resource.ts';
import { isSame, type Segment, toSay } from './domain/timeline.ts';
import { appendEntries, type Entry, entriesAsMessages } from './store/append-entries.ts';
import type { KnownResource } from './store/resource-histories.ts';
import type { Database } from './store/schema.ts';
import { updateResources } from './store/write-resources.ts';

export type Cause = EventData<typeof inventorySync.resourceObserved>['cause'];

/** A resource whose history has changed, before and after. */
export type Story = {
  resourceId: string;
  kind: string;
  providerId: string;
  revision: number;
  entries: number;
  before: readonly Segment[];
  after: readonly Segment[];
  observedAt: Temporal.Instant;
  /** Who did it, when a person did. */
  actor?: string;
  details?: Record<string, unknown>;
};

export type Told = { revision: number; entries: number; said: number };

/**
 * Writes what changed into the resources' logs and says it: the same entries, in the same order, with the same revisions,
 * so that the log and the stream always agree. Returns the counters that each story has come to.
 */
export async function tell(tx: Tx<Database>, stories: readonly Story[]): Promise<Told[]> {
  const entries: Entry[] = [];
  const told = stories.map((story) => {
    const changed = toSay(story.before, story.after);
    changed.forEach((segment, index) => {
      const previous = whatItReplaces(story, segment);
      const counters = { entry: story.entries + index + 1, revision: story.revision + index + 1 };
      const cause = causeOf(previous, segment);
      entries.push(entryOf(story, segment, { ...counters, cause, details: detailsOf(story, previous, segment) }));
    });
    return { revision: story.revision + changed.length, entries: story.entries + changed.length, said: changed.length };
  });
  await say(tx, entries);
  return told;
}

/** What was said of that very instant before; else what holds until then, if anything does. */
const whatItReplaces = ({ before, after }: Story, { at }: Segment): Segment | undefined =>
  before.find((segment) => segment.at.equals(at)) ?? after.findLast((segment) => isBefore(segment.at, at));

/** Into the log and onto the stream. */
export async function say(tx: Tx<Database>, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  await appendEntries(tx.sql, entries);
  await tx.publishFrom(inventorySync.resourceObserved, entriesAsMessages(entries));
}

/** Tells what befell known resources and brings their rows up to date. Returns the ids of those whose owner changed. */
export async function publishKnown(
  tx: Tx<Database>,
  changes: readonly {
    resource: KnownResource;
    after: readonly Segment[];
    observedAt: Temporal.Instant;
    actor?: string;
    details?: Record<string, unknown>;
    ownerFrom?: Temporal.Instant | null;
  }[],
): Promise<{ changed: number; movedIds: string[] }> {
  const stories = changes.map(({ resource, ...change }) => ({
    resourceId: resource.resourceId,
    kind: resource.kind,
    providerId: resource.providerId,
    revision: resource.revision,
    entries: resource.entries,
    before: resource.history,
    ...change,
  }));
  const told = await tell(tx, stories);
  const updates = changes.flatMap(({ resource, after, observedAt, ownerFrom }, index) => {
    const current = after.at(-1);
    const counters = told[index];
    if (current === undefined || counters === undefined) return [];
    return [
      {
        resourceId: resource.resourceId,
        current,
        stateHash: hashOfState(current.state),
        observedAt,
        ownerFrom: ownerFrom === undefined ? resource.ownerFrom : ownerFrom,
        revision: counters.revision,
        entries: counters.entries,
      },
    ];
  });
  await updateResources(tx.sql, updates);
  const moved = changes.filter(({ resource, after }) => !isSame(resource.history.at(-1)?.owner, after.at(-1)?.owner));
  return {
    changed: told.filter(({ said }) => said > 0).length,
    movedIds: moved.map(({ resource }) => resource.resourceId),
  };
}

const causeOf = (previous: Segment | undefined, segment: Segment): Cause => {
  if (previous === undefined) return 'discovered';
  if (previous.state.is_present !== segment.state.is_present) return segment.state.is_present ? 'restored' : 'deleted';
  return isSame(previous.state, segment.state) ? 'tagged' : 'updated';
};

export const entryOf = (
  story: Pick<Story, 'resourceId' | 'kind' | 'providerId' | 'observedAt' | 'actor'>,
  segment: Segment,
  as: { entry: number; revision: number; cause: Cause; details: Record<string, unknown> | null },
): Entry => ({
  resourceId: story.resourceId,
  kind: story.kind,
  providerId: story.providerId,
  entry: as.entry,
  type: as.cause,
  revision: as.revision,
  effectiveAt: segment.at,
  observedAt: story.observedAt,
  state: segment.state,
  owner: segment.owner,
  auto: segment.auto,
  details: as.details,
  actor: story.actor ?? null,
});

/** Field by field, what it was and what it is; nothing for a discovery. */
const detailsOf = (story: Story, previous: Segment | undefined, segment: Segment): Record<string, unknown> | null => {
  if (previous === undefined) return story.details ?? null;
  const before = flat(previous);
  const after = flat(segment);
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => !isSame(before[name], after[name]),
  );
  const changes = Object.fromEntries(
    names.map((name) => [name, { before: before[name] ?? null, after: after[name] ?? null }]),
  );
  return { ...story.details, changes };
};

const flat = ({ state, owner }: Segment): Record<string, unknown> => {
  const { attrs, ...plain } = state;
  const named = (prefix: string, values: object) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]));
  return { ...plain, ...named('attrs', attrs), ...named('owner', owner) };
};
