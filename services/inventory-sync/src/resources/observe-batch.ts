import { isRetryable } from '@arcadia/platform';
import type { Context, Tx } from '../context.ts';
import { discovered } from '../domain/resources/discovery.ts';
import { type Action, attrsBeforePlans, changesFromActions } from '../domain/resources/droplet-actions.ts';
import { newEntries } from '../domain/resources/log-entry.ts';
import {
  hashOfText,
  idOf,
  isBefore,
  type Listed,
  later,
  type State,
  type StateParts,
  stateOf,
  stateParts,
  textOf,
} from '../domain/resources/resource.ts';
import { difference, restoration } from '../domain/resources/restoration.ts';
import { type Change, isSame, withChanges } from '../domain/resources/timeline.ts';
import { holdAttributionShared } from '../store/attribution/attribution-lock.ts';
import { type Expected, expectedOwners } from '../store/attribution/expected-owners.ts';
import type { Discovery } from '../store/resources/append-entries.ts';
import { markApplied, openActions } from '../store/resources/provider-actions.ts';
import { type KnownResource, lockResources } from '../store/resources/resource-histories.ts';
import { touch, touchUnchanged } from '../store/resources/touch-unchanged.ts';
import { publishDiscovered, publishKnown } from './publish-changes.ts';

export type Page = {
  items: readonly Listed[];
  sweep: string;
  /** When the page was requested: the listed states held then, or later. */
  seenAt: Temporal.Instant;
  /** When the last complete sweep of this kind began; null if there was none. */
  lastCompleteAt: Temporal.Instant | null;
  /** Whether the provider's action log may hold entries about these resources. */
  hasActions: boolean;
};

export type Observed = { discovered: number; changed: number; movedIds: string[] };

/** The resource and the hash of the state that a listed item shows. */
export type Shown = { id: string; hash: string };

type Seen = { id: string; listed: Listed; state: State; parts: StateParts; hash: string; actions: readonly Action[] };

/**
 * The only way from a listing into the inventory: unchanged resources are touched, new ones discovered, different ones updated,
 * and deleted ones restored. It takes one batch at a time, so that memory does not grow with the account.
 */
export async function observeBatch(ctx: Context, page: Page): Promise<Observed & { shown: readonly Shown[] }> {
  const seen = await seenResources(ctx, page);
  return { ...(await observeSeen(ctx, page, seen)), shown: seen };
}

async function observeSeen(ctx: Context, page: Page, seen: readonly Seen[]): Promise<Observed> {
  const touched = await touchBatch(ctx, page, seen);
  const rest = seen.filter(({ id }) => !touched.has(id));
  if (rest.length === 0) return { discovered: 0, changed: 0, movedIds: [] };
  return ctx.transact((tx) => observeChanges(tx, page, rest));
}

/** Each listed resource once, however often a page repeats it, with the open entries of the action log. */
async function seenResources(ctx: Context, page: Page): Promise<Seen[]> {
  const byId = new Map<string, Listed>();
  for (const listed of page.items) byId.set(idOf(listed), listed);
  const providerIds = page.items.map(({ providerId }) => providerId);
  const actions = page.hasActions ? await openActions(ctx.db, providerIds) : new Map<string, Action[]>();
  const seen: Seen[] = [];
  for (const [id, listed] of byId) {
    const state = stateOf(listed);
    const parts = stateParts(state);
    seen.push({
      id,
      listed,
      state,
      parts,
      hash: hashOfText(textOf(parts)),
      actions: actions.get(listed.providerId) ?? none,
    });
  }
  return seen;
}

const none: readonly Action[] = [];

/** One statement without a transaction around it: a touch is right even if the rest of the batch fails. */
async function touchBatch(ctx: Context, page: Page, seen: readonly Seen[]): Promise<Set<string>> {
  const quiet = seen.filter(({ actions }) => actions.length === 0);
  // Before the first complete sweep of a kind hardly any resource is known.
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
    // Two concurrent sweeps of one kind may lock the same rows in another order; a transaction is retried.
    if (!isRetryable(error)) throw error;
    return ctx.transact((tx) => touchUnchanged(tx.sql, unchanged));
  }
}

async function observeChanges(tx: Tx, page: Page, rest: readonly Seen[]): Promise<Observed> {
  await holdAttributionShared(tx.sql);
  const candidates = rest.map(({ id, listed: { kind, providerId, attrs } }) => ({
    resourceId: id,
    kind,
    providerId,
    attrs,
  }));
  const owners = await expectedOwners(tx.sql, candidates);
  const locked = await lockResources(
    tx.sql,
    rest.map(({ id }) => id),
  );
  const known = new Map(locked.map((row) => [row.resourceId, row]));
  const found = rest.filter(({ id }) => !known.has(id)).flatMap((one) => discoveredOf(one, page, owners.get(one.id)));
  await publishDiscovered(tx, found, page);
  const updated = await update(tx, page, { seen: rest.filter(({ id }) => known.has(id)), known, owners });
  await markApplied(
    tx.sql,
    rest.flatMap(({ actions }) => actions.map(({ actionId }) => actionId)),
  );
  return { discovered: found.length, ...updated };
}

/** The first history of a resource. */
function discoveredOf(
  { id, listed, state: shown, parts, hash, actions }: Seen,
  page: Page,
  expected: Expected | undefined,
): Discovery[] {
  if (expected === undefined) return [];
  const createdAt = listed.createdAt === null ? null : Temporal.Instant.from(listed.createdAt);
  const isFresh = createdAt !== null && page.lastCompleteAt !== null && isBefore(page.lastCompleteAt, createdAt);
  const from = createdAt ?? page.seenAt;
  // Most have been since their creation what they are now, and then the text of the state is not written again.
  const isSimple = listed.former === undefined && actions.length === 0;
  const { state, changes } = isSimple
    ? { state: shown, changes: [] }
    : beforeChanges({ listed, shown, actions }, { from, seenAt: page.seenAt });
  const after = discovered({
    state,
    createdAt,
    seenAt: page.seenAt,
    isFresh,
    owner: expected.owner,
    ownerSince: expected.ownerSince,
    changes: changes.length === 0 ? [] : [...changes, { at: page.seenAt, state: shown }],
  });
  // Created a moment ago and still unowned: the next sync of the projects may show its owner from its creation.
  const ownerFrom = isFresh && after.at(-1)?.owner.deployment_id === null ? createdAt : null;
  const change = {
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
      entries: newEntries(change),
      stateParts: after.at(-1)?.state === shown ? parts : null,
      stateHash: hash,
      ownerFrom,
    },
  ];
}

/** The state of a resource at its beginning, and the changes since. */
function beforeChanges(
  { listed, shown, actions }: { listed: Listed; shown: State; actions: readonly Action[] },
  { from, seenAt }: { from: Temporal.Instant; seenAt: Temporal.Instant },
): { state: State; changes: Change[] } {
  const { before, changes: formerly } = formerAttrs(listed, from);
  const changes = [...changesFromActions(actions, listed, seenAt), ...formerly];
  const attrs = { ...attrsBeforePlans(actions, shown.attrs), ...before };
  return { state: beforeActions({ ...shown, attrs }, changes), changes };
}

/** How far back attributes that follow from another resource are corrected: what is older may have been invoiced. */
const correctedAtMost = Temporal.Duration.from({ hours: 48 });

/** What attributes that follow from another resource were at the beginning, and when they changed after it. */
function formerAttrs({ former = [] }: Listed, from: Temporal.Instant) {
  const before = former.findLast(({ at }) => !isBefore(from, at)) ?? former[0];
  const changes = former
    .filter(({ at }) => isBefore(from, at))
    .map(({ at, attrs }): Change => ({ at, state: { attrs } }));
  return { before: before?.attrs ?? {}, changes };
}

/** A resource that was switched off between its creation and the first listing was on before. */
const beforeActions = (state: State, changes: readonly Change[]): State => {
  const first = changes.find((change) => change.state?.status !== undefined)?.state?.status;
  return first === 'off' ? { ...state, status: 'active' } : state;
};

async function update(
  tx: Tx,
  page: Page,
  { seen, known, owners }: { seen: readonly Seen[]; known: Map<string, KnownResource>; owners: Map<string, Expected> },
): Promise<{ changed: number; movedIds: string[] }> {
  await touch(tx.sql, { ids: seen.map(({ id }) => id), sweep: page.sweep, seenAt: page.seenAt });
  const changes = seen.flatMap((one) => {
    const resource = known.get(one.id);
    // A slow listing may arrive after a newer observation of the same resource.
    if (resource === undefined || isBefore(page.seenAt, resource.observedAt)) return [];
    const seenChanges = changesSeen(resource, { ...one, seenAt: page.seenAt, expected: owners.get(one.id) });
    return [{ resource, after: withChanges(resource.history, seenChanges, resource.claims), observedAt: page.seenAt }];
  });
  return publishKnown(tx, changes);
}

function changesSeen(
  resource: KnownResource,
  seen: Omit<Seen, 'id' | 'hash'> & { seenAt: Temporal.Instant; expected: Expected | undefined },
): Change[] {
  const { listed, state, actions, seenAt, expected } = seen;
  const last = resource.history.at(-1);
  const changes: Change[] = [];
  if (last !== undefined && !last.state.is_present)
    changes.push(restoration(last, { createdAt: listed.createdAt, seenAt }));
  changes.push(...changesFromActions(actions, listed, seenAt));
  if (listed.former !== undefined) {
    const since = later(resource.history[0]?.at ?? seenAt, seenAt.subtract(correctedAtMost));
    const formerly = formerAttrs(listed, since);
    changes.push({ at: since, state: { attrs: formerly.before } }, ...formerly.changes);
  }
  changes.push({ at: seenAt, state: difference(last?.state, state) });
  if (expected !== undefined && !isSame(last?.auto, expected.owner)) changes.push({ at: seenAt, auto: expected.owner });
  return changes;
}
