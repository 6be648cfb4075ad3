import { errorText } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { idOf, isBefore, type Listed, toMicroseconds } from '../domain/resources/resource.ts';
import { withChanges } from '../domain/resources/timeline.ts';
import { observeBatch } from '../resources/observe-batch.ts';
import { itemsOfChangedPages, knownPages } from '../resources/observe-pages.ts';
import { publishKnown } from '../resources/publish-changes.ts';
import { knownAmong } from '../store/resources/known-among.ts';
import { lockResources } from '../store/resources/resource-histories.ts';
import { statusDifferences } from '../store/resources/status-differences.ts';
import { lastCompleteAt } from '../store/syncs/sweeps.ts';
import { inventory } from './account.ts';
import type { SyncRun } from './sync-kind.ts';

/**
 * Checks every minute, with a token of its own, whether known droplets are on or off, and discovers those that are new and on: a member
 * of an autoscale pool may be gone before the next sweep, and then nothing shows its size and its tags any more. Other discoveries, and
 * deletions, are left to the sweep of the droplets.
 */
export async function pollDropletStatus(ctx: Context, run: SyncRun): Promise<void> {
  const fact = 'droplet status';
  try {
    await inventory(ctx, 'sync-fast').dropletStatuses()(
      async (items, seenAt, pages) => {
        const changed = await itemsOfChangedPages(ctx, { kind: 'droplet', known: pages?.known ?? [] });
        const all = [...items, ...changed];
        await recordStatuses(ctx, all, toMicroseconds(seenAt));
        await discoverFresh(ctx, all, toMicroseconds(seenAt));
      },
      run.signal,
      await knownPages(ctx, { kind: 'droplet', isAny: true }),
    );
    ctx.health.report(fact, { ok: true });
  } catch (error) {
    if (run.signal.aborted) throw error;
    const detail = errorText(error);
    ctx.health.report(fact, { ok: false, detail });
    ctx.log.warn(`the status of droplets could not be read: ${detail}`);
  }
}

async function recordStatuses(ctx: Context, items: readonly Listed[], seenAt: Temporal.Instant): Promise<void> {
  if (items.length === 0) return;
  const statuses = new Map(items.map((item) => [idOf(item), item.status]));
  await ctx.transact(async (tx) => {
    const different = await statusDifferences(tx.sql, {
      ids: [...statuses.keys()],
      statuses: [...statuses.values()],
      seenAt,
    });
    const resources = await lockResources(tx.sql, different);
    const changes = resources.flatMap((resource) => {
      if (!resource.isPresent || isBefore(seenAt, resource.observedAt)) return [];
      const change = { at: seenAt, state: { status: statuses.get(resource.resourceId) ?? null } };
      return [{ resource, after: withChanges(resource.history, [change], resource.claims), observedAt: seenAt }];
    });
    await publishKnown(tx, changes);
  });
}

/** Droplets that were created since the last complete sweep. One with backups is left to the sweep, which knows their plan. */
async function discoverFresh(ctx: Context, items: readonly Listed[], seenAt: Temporal.Instant): Promise<void> {
  const last = await lastCompleteAt(ctx.db, 'droplet');
  const fresh = items.filter(
    ({ createdAt, status, attrs }) =>
      status === 'active' &&
      !('backup_plan' in attrs) &&
      last !== null &&
      createdAt !== null &&
      isBefore(last, Temporal.Instant.from(createdAt)),
  );
  if (fresh.length === 0) return;
  const known = await knownAmong(ctx.db, fresh.map(idOf));
  const unknown = fresh.filter((item) => !known.has(idOf(item)));
  if (unknown.length === 0) return;
  // No sweep has seen them: the next one counts them like all others.
  await observeBatch(ctx, { items: unknown, sweep: '0', seenAt, lastCompleteAt: last, hasActions: false });
}
