import type { Context } from '../context.ts';
import { type UnlistedDroplet, unlistedHistory } from '../domain/resources/droplet-actions.ts';
import { newEntries } from '../domain/resources/log-entry.ts';
import { hashOfState, idOf, toMicroseconds } from '../domain/resources/resource.ts';
import { publishDiscovered } from '../resources/publish-changes.ts';
import type { Discovery } from '../store/resources/append-entries.ts';
import { hasOpenActions, keepActions, markApplied, unlistedDroplets } from '../store/resources/provider-actions.ts';
import { lockResources } from '../store/resources/resource-histories.ts';
import { lastCompleteAt } from '../store/syncs/sweeps.ts';
import { inventory, knownTo } from './account.ts';
import { type SyncRun, syncKind } from './sync-kind.ts';

/** Actions may run for a while before they complete, so actions from before the last sweep are read too. */
const lookBack = { hours: 1 };

/** Syncs droplets from two sources: the listing shows which there are, the provider's action log when they changed. */
export async function syncDroplets(ctx: Context, run: SyncRun): Promise<void> {
  const provided = inventory(ctx, 'sync-full');
  const last = await lastCompleteAt(ctx.db, 'droplet');
  const hasActions = last !== null && (await readActions(ctx, run, last));
  const listing = provided.listing('droplet', knownTo(ctx));
  const end = await syncKind(ctx, run, { kind: 'droplet', listing, hasActions });
  if (hasActions && end.status === 'complete') await recordUnlistedDroplets(ctx, last);
}

/** An unreadable action log does not fail the sync: times are then those of the listings. */
async function readActions(ctx: Context, run: SyncRun, last: Temporal.Instant): Promise<boolean> {
  try {
    const actions = await inventory(ctx, 'sync-full').actionsSince(last.subtract(lookBack), run.signal);
    if (actions === null) return false;
    await keepActions(ctx.db, actions);
    return hasOpenActions(ctx.db);
  } catch (error) {
    if (run.signal.aborted) throw error;
    ctx.log.warn(
      { err: error },
      'the action log of the provider could not be read; power and destroy times are those of the listings',
    );
    return false;
  }
}

/** Records droplets that were created and destroyed between two listings. Only the action log knows them, without name or size. */
async function recordUnlistedDroplets(ctx: Context, since: Temporal.Instant): Promise<void> {
  await ctx.transact(async (tx) => {
    const now = toMicroseconds(ctx.clock.now());
    const droplets = await unlistedDroplets(tx.sql, since);
    const known = await lockResources(tx.sql, droplets.map(resourceIdOf));
    const knownIds = new Set(known.map(({ resourceId }) => resourceId));
    const unlisted = droplets
      .filter((droplet) => !knownIds.has(resourceIdOf(droplet)))
      .flatMap((droplet) => discoveredOf(droplet, now));
    await publishDiscovered(
      tx,
      unlisted.map(({ found }) => found),
      { sweep: '0', seenAt: now },
    );
    await markApplied(
      tx.sql,
      unlisted.flatMap(({ actions }) => actions.map(({ actionId }) => actionId)),
    );
  });
}

const resourceIdOf = ({ providerId }: UnlistedDroplet): string => idOf({ kind: 'droplet', providerId });

function discoveredOf(droplet: UnlistedDroplet, now: Temporal.Instant) {
  const after = unlistedHistory(droplet);
  const current = after.at(-1);
  if (current === undefined) return [];
  const resource = { kind: 'droplet', providerId: droplet.providerId };
  const change = {
    ...resource,
    resourceId: idOf(resource),
    revision: 0,
    entries: 0,
    before: [],
    after,
    observedAt: now,
    details: { seen_in: 'action log' },
  };
  const found: Discovery = {
    entries: newEntries(change),
    stateParts: null,
    stateHash: hashOfState(current.state),
    ownerFrom: null,
  };
  return [{ found, actions: droplet.actions }];
}
