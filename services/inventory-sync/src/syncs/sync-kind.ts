import { inventorySync, nameUuid } from '@arcadia/contracts';
import type { JobRun } from '@arcadia/platform';
import { attributeByRules } from '../attribution/attribute-by-rules.ts';
import { failureText } from '../clients/failure-text.ts';
import type { Listing, ListingEnd } from '../clients/listing.ts';
import { isNotFound } from '../clients/read-listing.ts';
import type { CommandContext, Context, Tx } from '../context.ts';
import { provider, toMicroseconds } from '../domain/resources/resource.ts';
import { canInherit, inheritorsOf, kinds, optionalKinds } from '../domain/syncs/kinds.ts';
import { reasonToPark } from '../domain/syncs/strikes.ts';
import { deleteMissing } from '../resources/delete-missing.ts';
import { knownPages, observePages } from '../resources/observe-pages.ts';
import { holdAttribution } from '../store/attribution/attribution-lock.ts';
import { hasPresent } from '../store/resources/has-present.ts';
import { countMissing, noteParkedMissing, strike } from '../store/resources/missing-resources.ts';
import { beginSweep, endSweep, lockKind, type Sweep, type SweepEnd } from '../store/syncs/sweeps.ts';
import { listUntilComplete } from './list-until-complete.ts';
import { reportSweep } from './report-health.ts';

export type SyncInput = { sync_id?: string | undefined };
export type SyncRun = Pick<JobRun<SyncInput>, 'input' | 'cause' | 'attempt' | 'signal'>;

export type Counts = { discovered: number; changed: number; movedIds: Set<string> };

export const noCounts = (): Counts => ({ discovered: 0, changed: 0, movedIds: new Set() });

/** Lists one kind and updates the inventory from it. A failed listing is recorded and reported; the job succeeds, because the next tick lists again. */
export async function syncKind(
  ctx: Context,
  run: SyncRun,
  { kind, listing, hasActions = false }: { kind: string; listing: Listing; hasActions?: boolean },
): Promise<SweepEnd> {
  const sweep = await startSweep(ctx, run, kind);
  const counts = noCounts();
  const known = await knownPages(ctx, { kind, isAny: sweep.lastCompleteAt !== null && !hasActions });
  let ownFailure: { error: unknown } | null = null;
  const end = await listUntilComplete(() =>
    listing(
      async (items, seenAt, pages) => {
        try {
          const { sweep: number, lastCompleteAt } = sweep;
          const page = {
            kind,
            items,
            pages,
            sweep: number,
            seenAt: toMicroseconds(seenAt),
            lastCompleteAt,
            hasActions,
          };
          addCounts(counts, await observePages(ctx, page));
        } catch (error) {
          ownFailure = { error };
          throw error;
        }
      },
      run.signal,
      known,
    ),
  ).catch(async (error: unknown) => {
    // The service stops, or the lease was lost: the replica that takes over the job closes this sweep.
    if (run.signal.aborted) throw error;
    if (ownFailure === null) return { failed: error };
    // A failure on our side is recorded too, but the job fails, so that it is tried again.
    await failSweep(ctx, { kind, sweep, counts, error }).catch(() => undefined);
    throw error;
  });
  if ('failed' in end) {
    const isOffered = !optionalKinds.includes(kind) || !isNotFound(end.failed) || (await hasPresent(ctx.db, kind));
    return failSweep(ctx, { kind, sweep, counts, error: end.failed, status: isOffered ? 'failed' : 'unavailable' });
  }
  return completeSweep(ctx, { kind, sweep, counts, end });
}

export function addCounts(
  counts: Counts,
  observed: { discovered: number; changed: number; movedIds: readonly string[] },
): void {
  counts.discovered += observed.discovered;
  counts.changed += observed.changed;
  for (const id of observed.movedIds) counts.movedIds.add(id);
}

export async function startSweep(ctx: Context, run: SyncRun, kind: string): Promise<Sweep> {
  const idOf = (attempt: number) => nameUuid('sweep', provider, kind, run.cause, String(attempt));
  return beginSweep(ctx.db, {
    sweepId: idOf(run.attempt),
    earlierIds: Array.from({ length: run.attempt - 1 }, (_, index) => idOf(index + 1)),
    syncId: run.input.sync_id ?? null,
    kind,
    job: kinds.find((known) => known.kind === kind)?.job ?? 'sync-projects',
    startedAt: toMicroseconds(ctx.clock.now()),
  });
}

/**
 * Ends a sweep that was listed to its end. If the listing is complete and the number of missing resources is plausible, each
 * missing resource gets a strike and the sweep is published. `walked` is the sweep of the projects from whose members the kind
 * is known, if that is how it is known.
 */
export async function completeSweep(
  ctx: Context,
  {
    kind,
    sweep,
    counts,
    end,
    walked = null,
  }: { kind: string; sweep: Sweep; counts: Counts; end: ListingEnd; walked?: string | null },
): Promise<SweepEnd> {
  const outcome = await ctx.transact(async (tx) => {
    if (mayMoveInheritors(kind, counts)) await holdAttribution(tx.sql);
    await lockKind(tx.sql, kind);
    const result = end.isComplete
      ? await settle(tx, { ctx, kind, sweep, end, walked })
      : { status: 'incomplete' as const, missing: 0, deleted: 0, detail: end.detail };
    const full: SweepEnd = {
      ...result,
      count: end.count,
      total: end.total,
      discovered: counts.discovered,
      changed: counts.changed,
    };
    await attributeInheritors(tx, { ctx, kind, counts });
    await endSweep(tx.sql, sweep.sweep, toMicroseconds(ctx.clock.now()), full);
    return full;
  });
  reportSweep(ctx, kind, outcome);
  return outcome;
}

async function settle(
  tx: Tx,
  {
    ctx,
    kind,
    sweep,
    end,
    walked,
  }: { ctx: Context; kind: string; sweep: Sweep; end: ListingEnd; walked: string | null },
): Promise<Pick<SweepEnd, 'status' | 'missing' | 'deleted' | 'detail'>> {
  const counted = await countMissing(tx.sql, { kind, sweep: sweep.sweep, walked });
  const reason = reasonToPark(counted);
  if (reason !== null) {
    const detail = `${reason}; no resource was given a strike. If the resources are really gone, confirm sweep ${sweep.sweepId}.`;
    await noteParkedMissing(tx.sql, { kind, sweep: sweep.sweep, missedAt: sweep.startedAt });
    await tx.publish(inventorySync.sweepParked, {
      provider,
      kind,
      sweep_id: sweep.sweepId,
      started_at: sweep.startedAt.toString(),
      missing: counted.missing,
      detail,
    });
    return { status: 'parked', missing: counted.missing, deleted: 0, detail };
  }
  // Mostly none is missing, and then the rows need not be gone through again.
  const gone =
    counted.missing === 0 ? [] : await strike(tx.sql, { kind, sweep: sweep.sweep, missedAt: sweep.startedAt });
  const deleted = await deleteMissing(tx, { ids: gone, now: toMicroseconds(ctx.clock.now()) });
  await publishSwept(tx, { ctx, kind, sweep, count: end.count });
  return { status: 'complete', missing: counted.missing, deleted, detail: null };
}

export async function publishSwept(
  tx: Tx,
  { ctx, kind, sweep, count }: { ctx: CommandContext; kind: string; sweep: Sweep; count: number },
): Promise<void> {
  await tx.publish(inventorySync.inventorySwept, {
    provider,
    kind,
    sweep_id: sweep.sweepId,
    started_at: sweep.startedAt.toString(),
    completed_at: toMicroseconds(ctx.clock.now()).toString(),
    count,
  });
}

const mayMoveInheritors = (kind: string, counts: Counts): boolean =>
  (canInherit(kind) || inheritorsOf(kind).length > 0) && (counts.discovered > 0 || counts.movedIds.size > 0);

/**
 * Attributes the resources that inherit their owner: snapshots and backups follow their source, workers follow their cluster.
 * The listings of both kinds may run side by side; the one that ends last sees the resources that the other found.
 */
async function attributeInheritors(
  tx: Tx,
  { ctx, kind, counts }: { ctx: Context; kind: string; counts: Counts },
): Promise<void> {
  if (!mayMoveInheritors(kind, counts)) return;
  const now = toMicroseconds(ctx.clock.now());
  const concerned = [...(canInherit(kind) ? [kind] : []), ...inheritorsOf(kind)];
  await attributeByRules(tx, { at: now, now, kinds: concerned, inheritorsOnly: true });
}

export async function failSweep(
  ctx: Context,
  {
    kind,
    sweep,
    counts,
    error,
    status = 'failed',
  }: { kind: string; sweep: Sweep; counts: Counts; error: unknown; status?: 'failed' | 'unavailable' },
): Promise<SweepEnd> {
  const end: SweepEnd = {
    status,
    count: null,
    total: null,
    discovered: counts.discovered,
    changed: counts.changed,
    missing: 0,
    deleted: 0,
    detail:
      status === 'unavailable' ? 'the provider has no such listing for this account (404)' : failureText(kind, error),
  };
  await endSweep(ctx.db, sweep.sweep, toMicroseconds(ctx.clock.now()), end);
  reportSweep(ctx, kind, end);
  return end;
}
