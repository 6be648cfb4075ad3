import { isRetryable, type Tx } from '@arcadia/platform';
import type { Context } from './context.ts';
import { discovered } from './domain/discovery.ts';
import { type Action, changesFromActions } from './domain/power.ts';
import { hashOfState, idOf, isBefore, type Listed, type State, stateOf } from './domain/resource.ts';
import { type Change, isSame, type Segment, withChanges } from './domain/timeline.ts';
import { publishKnown, tell } from './publish-changes.ts';
import { shareAttribution } from './store/attribution-lock.ts';
import { type Expected, expectedOwners } from './store/expected-owners.ts';
import { markApplied, openActions } from './store/provider-actions.ts';
import { type KnownResource, lockResources } from './store/resource-histories.ts';
import type { Database } from './store/schema.ts';
import { touch, touchUnchanged } from './store/touch-unchanged.ts';
import { insertResources } from './store/write-resources.ts';

export type Page = {
  items: readonly Listed[];
  sweep: string;
  /** When it was asked for: what it shows was so then, or later. */
  seenAt: Temporal.Instant;
  /** When the last complete sweep of this kind began; null: there was none. */
  lastCompleteAt: Temporal.Instant | null;
  /** Whether the provider's action log may know more about these. */
  hasActions: boolean;
};

export type Observed = { discovered: number; changed: number; movedIds: string[] };

type Seen = { id: string; listed: Listed; state: State; hash: string; actions: readonly Action[] };

/**
 * The one way in which what a listing shows becomes inventory: what is unchanged is touched, what is new is discovered, what
 * differs is updated, what was gone is restored. A batch at a time, so that memory does not grow with the account.
 */
export async function observeBatch(ctx: Context, page: Page): Promise<Observed> {
  const seen = await seenThings(ctx, page);
  const touched = await touchQuiet(ctx, page, seen);
  const rest = seen.filter(({ id }) => !touched.has(id));
  if (rest.length === 0) return { discovered: 0, changed: 0, movedIds: [] };
  const { lost, ...observed } = await ctx.transact((tx) => observeChanges(tx, page, rest));
  if (lost.length === 0) return observed;
  // Another sweep found these first, just now. They were seen here too, and must not count as missed.
  const again = await observeBatch(ctx, { ...page, items: lost });
  return {
    discovered: observed.discovered + again.discovered,
    changed: observed.changed + again.changed,
    movedIds: [...observed.movedIds, ...again.movedIds],
  };
}

/** One statement, and no transaction around it: a touch that is followed by nothing is right all the same. */
async function touchQuiet(ctx: Context, page: Page, seen: readonly Seen[]): Promise<Set<string>> {
  const quiet = seen.filter(({ actions }) => actions.length === 0);
  // Before a kind was ever listed whole there is hardly anything to touch.
  if (page.lastCompleteAt === null || quiet.length === 0) return new Set();
  const unchanged = {
    ids: quiet.map(({ id }) => id),
    hashes: quiet.map(({ hash }) => hash),
    sweep: page.sweep,
    seenAt: page.seenAt,
  };
  try {
    return await touchUnchanged(ctx.db, unchanged);
  } catch (error) {
    // Two sweeps of one kind side by side may lock the same rows in another order; a transaction tries again.
    if (!isRetryable(error)) throw error;
    return ctx.transact((tx) => touchUnchanged(tx.sql, unchanged));
  }
}

async function observeChanges(
  tx: Tx<Database>,
  page: Page,
  rest: readonly Seen[],
): Promise<Observed & { lost: Listed[] }> {
  await shareAttribution(tx.sql);
  const candidates = rest.map(({ id, listed }) => ({ ...listed, resourceId: id }));
  const owners = await expectedOwners(tx.sql, candidates);
  const locked = await lockResources(
    tx.sql,
    rest.map(({ id }) => id),
  );
  const known = new Map(locked.map((row) => [row.resourceId, row]));
  const unknown = rest.filter(({ id }) => !known.has(id));
  const inserted = await discover(tx, page, { things: unknown, owners });
  const updated = await update(tx, page, { things: rest.filter(({ id }) => known.has(id)), known, owners });
  const actions = rest.filter(({ id }) => known.has(id) || inserted.has(id)).flatMap((thing) => thing.actions);
  await markApplied(
    tx.sql,
    actions.map(({ actionId }) => actionId),
  );
  const lost = unknown.filter(({ id }) => !inserted.has(id)).map(({ listed }) => listed);
  return { discovered: inserted.size, ...updated, lost };
}

/** Each resource once, however often a page repeats it, with what the action log has to add. */
const seenThings = async (ctx: Context, page: Page): Promise<Seen[]> => {
  const byId = new Map(page.items.map((listed) => [idOf(listed), listed]));
  const providerIds = page.items.map(({ providerId }) => providerId);
  const actions = page.hasActions ? await openActions(ctx.db, providerIds) : new Map<string, Action[]>();
  return [...byId].map(([id, listed]) => {
    const state = stateOf(listed);
    return { id, listed, state, hash: hashOfState(state), actions: actions.get(listed.providerId) ?? [] };
  });
};

async function discover(
  tx: Tx<Database>,
  page: Page,
  { things, owners }: { things: readonly Seen[]; owners: Map<string, Expected> },
): Promise<Set<string>> {
  const drafts = things.flatMap(({ id, listed, state: shown, hash, actions }) => {
    const expected = owners.get(id);
    if (expected === undefined) return [];
    const createdAt = listed.createdAt === null ? null : Temporal.Instant.from(listed.createdAt);
    const isFresh = createdAt !== null && page.lastCompleteAt !== null && isBefore(page.lastCompleteAt, createdAt);
    const changes = changesFromActions(actions, listed, page.seenAt);
    const state = beforeActions(shown, changes);
    const after = discovered({
      state,
      createdAt,
      seenAt: page.seenAt,
      isFresh,
      owner: expected.owner,
      ownerSince: expected.ownerSince,
      changes: changes.length === 0 ? [] : [...changes, { at: page.seenAt, state: shown }],
    });
    const current = after.at(-1);
    if (current === undefined) return [];
    // Made only now and still nobody's: the next look at the projects may tell whose it was from the start.
    const ownerFrom = isFresh && current.owner.deployment_id === null ? createdAt : null;
    const story = {
      resourceId: id,
      kind: listed.kind,
      providerId: listed.providerId,
      revision: 0,
      entries: 0,
      before: [],
      after,
      observedAt: page.seenAt,
    };
    return [
      {
        story,
        row: { ...story, current, stateHash: hash, ownerFrom, revision: after.length, entries: after.length },
      },
    ];
  });
  const inserted = await insertResources(
    tx.sql,
    drafts.map(({ row }) => row),
    page,
  );
  const own = drafts.filter(({ story }) => inserted.has(story.resourceId));
  await tell(
    tx,
    own.map(({ story }) => story),
  );
  return inserted;
}

/** What was switched off between creation and the first look was on before. */
const beforeActions = (state: State, changes: readonly Change[]): State => {
  const first = changes.find((change) => change.state?.status !== undefined)?.state?.status;
  return first === 'off' ? { ...state, status: 'active' } : state;
};

async function update(
  tx: Tx<Database>,
  page: Page,
  {
    things,
    known,
    owners,
  }: { things: readonly Seen[]; known: Map<string, KnownResource>; owners: Map<string, Expected> },
): Promise<{ changed: number; movedIds: string[] }> {
  await touch(tx.sql, { ids: things.map(({ id }) => id), sweep: page.sweep, seenAt: page.seenAt });
  const changes = things.flatMap(({ id, listed, state, actions }) => {
    const resource = known.get(id);
    // A slow listing may arrive after a fresher look at the same thing.
    if (resource === undefined || isBefore(page.seenAt, resource.observedAt)) return [];
    const after = withChanges(
      resource.history,
      changesSeen(resource, { listed, state, actions, seenAt: page.seenAt, expected: owners.get(id) }),
      resource.claims,
    );
    return [{ resource, after, observedAt: page.seenAt }];
  });
  return publishKnown(tx, changes);
}

const changesSeen = (
  resource: KnownResource,
  seen: {
    listed: Listed;
    state: State;
    actions: readonly Action[];
    seenAt: Temporal.Instant;
    expected: Expected | undefined;
  },
): Change[] => {
  const last = resource.history.at(-1);
  const changes: Change[] = [];
  if (last !== undefined && !last.state.is_present) changes.push(restoration(last, seen));
  changes.push(...changesFromActions(seen.actions, seen.listed, seen.seenAt));
  changes.push({ at: seen.seenAt, state: difference(last?.state, seen.state) });
  if (seen.expected !== undefined && !isSame(last?.auto, seen.expected.owner))
    changes.push({ at: seen.seenAt, auto: seen.expected.owner });
  return changes;
};

/**
 * Seen again after a tombstone. What was made before its tombstone, under the same id, never went away: the provider gives
 * an id once, so the death was false and is undone. What has no such birth certificate, a zone or an address, is there again.
 */
const restoration = (last: Segment, { listed, seenAt }: { listed: Listed; seenAt: Temporal.Instant }): Change => {
  if (listed.createdAt === null) return { at: seenAt, state: { is_present: true } };
  const createdAt = Temporal.Instant.from(listed.createdAt);
  const at = isBefore(last.at, createdAt) ? createdAt : last.at;
  return { at: isBefore(seenAt, at) ? seenAt : at, state: { is_present: true } };
};

/** Only what differs, so that what was learned about the past of other fields stays. */
const difference = (before: State | undefined, after: State): NonNullable<Change['state']> => {
  if (before === undefined) return after;
  const { attrs, ...plain } = after;
  const names = [...new Set([...Object.keys(before.attrs), ...Object.keys(attrs)])];
  return {
    ...Object.fromEntries(Object.entries(plain).filter(([name, value]) => !isSame(before[name as keyof State], value))),
    // A name that is no longer there becomes undefined, which JSON leaves out.
    attrs: Object.fromEntries(
      names.filter((name) => !isSame(before.attrs[name], attrs[name])).map((name) => [name, attrs[name]]),
    ) as State['attrs'],
  };
};
