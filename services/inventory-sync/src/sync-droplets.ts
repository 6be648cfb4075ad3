import type { Context } from './context.ts';
import { hashOfState, idOf, type State, toMicroseconds } from './domain/resource.ts';
import { nobody, type Segment } from './domain/timeline.ts';
import { inventory } from './provider.ts';
import { tell } from './publish-changes.ts';
import { hasOpenActions, keepActions, markApplied, unseenLives } from './store/provider-actions.ts';
import { lastCompleteAt } from './store/sweeps.ts';
import { insertResources } from './store/write-resources.ts';
import { type SyncRun, syncKind } from './sync-kind.ts';

/** Actions run for a while before they complete: look back further than the last sweep. */
const lookBack = { hours: 1 };

/** Droplets by listing and by action log: the listing tells what there is, the log when it became so. */
export async function syncDroplets(ctx: Context, run: SyncRun): Promise<void> {
  const provided = inventory(ctx, 'sync-full');
  const last = await lastCompleteAt(ctx.db, 'droplet');
  const hasActions = last !== null && (await readActions(ctx, run, last));
  const end = await syncKind(ctx, run, { kind: 'droplet', listing: provided.droplets, hasActions });
  if (hasActions && end.status === 'complete') await recordUnseenLives(ctx, last);
}

/** Not being able to read the log is no failure of the sync: times are then those of the listings. */
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

/** A droplet that came and went between two listings: the log alone knows of it, and neither its name nor its size. */
async function recordUnseenLives(ctx: Context, since: Temporal.Instant): Promise<void> {
  await ctx.transact(async (tx) => {
    const now = toMicroseconds(ctx.clock.now());
    const lives = await unseenLives(tx.sql, since);
    const drafts = lives.flatMap((life) => {
      const born = life.actions.find(({ type }) => type === 'create')?.startedAt;
      const gone = life.actions.findLast(({ type }) => type === 'destroy')?.completedAt;
      if (born === undefined || gone === undefined) return [];
      const listed = { kind: 'droplet', providerId: life.providerId };
      const state: State = {
        is_present: true,
        name: `droplet ${life.providerId}`,
        status: 'active',
        region: life.region,
        created_at: born.toString(),
        attrs: {},
      };
      const after: Segment[] = [
        { at: born, state, auto: nobody, owner: nobody },
        { at: gone, state: { ...state, is_present: false }, auto: nobody, owner: nobody },
      ];
      return [
        {
          resourceId: idOf(listed),
          ...listed,
          revision: 0,
          entries: 0,
          before: [],
          after,
          observedAt: now,
          details: { seen_in: 'action log' },
        },
      ];
    });
    const rows = drafts.flatMap((draft) => {
      const current = draft.after.at(-1);
      const counters = { revision: draft.after.length, entries: draft.after.length };
      return current === undefined
        ? []
        : [{ ...draft, ...counters, current, stateHash: hashOfState(current.state), ownerFrom: null }];
    });
    const inserted = await insertResources(tx.sql, rows, { sweep: '0', seenAt: now });
    const isNew = (providerId: string) => inserted.has(idOf({ kind: 'droplet', providerId }));
    await tell(
      tx,
      drafts.filter(({ providerId }) => isNew(providerId)),
    );
    const applied = lives.filter(({ providerId }) => isNew(providerId)).flatMap(({ actions }) => actions);
    await markApplied(
      tx.sql,
      applied.map(({ actionId }) => actionId),
    );
  });
}
