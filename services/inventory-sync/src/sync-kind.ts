import { inventorySync, nameUuid } from '@arcadia/contracts';
import { errorText, type JobRun, type Tx } from '@arcadia/platform';
import { attributeByRules } from './attribute-by-rules.ts';
import type { Listing, ListingEnd } from './clients/listing.ts';
import type { Context } from './context.ts';
import { deleteMissing } from './delete-missing.ts';
import { inheritorsOf, kinds } from './domain/kinds.ts';
import { provider, toMicroseconds } from './domain/resource.ts';
import { whyDoubted } from './domain/strikes.ts';
import { observeBatch } from './observe.ts';
import { reportSweep } from './report-health.ts';
import { holdAttribution } from './store/attribution-lock.ts';
import { countMissing, noteParkedMissing, strike } from './store/missing-resources.ts';
import type { Database } from './store/schema.ts';
import { beginSweep, endSweep, lockKind, type Sweep, type SweepEnd } from './store/sweeps.ts';

export type SyncInput = { sync_id?: string | undefined };
export type SyncRun = Pick<JobRun<SyncInput>, 'input' | 'cause' | 'attempt' | 'signal'>;

export type Counts = { discovered: number; changed: number; movedIds: Set<string> };

/** Lists one kind and makes inventory of it. A listing that fails is recorded and seen; it does not fail the job, for the next tick lists again. */
export async function syncKind(
  ctx: Context,
  run: SyncRun,
  { kind, listing, hasActions = false }: { kind: string; listing: Listing; hasActions?: boolean },
): Promise<SweepEnd> {
  const sweep = await startSweep(ctx, run, kind);
  const counts: Counts = { discovered: 0, changed: 0, movedIds: new Set() };
  let ownFailure: { error: unknown } | null = null;
  const end = await listUntilComplete(() =>
    listing(async (items, seenAt) => {
      if (items.length === 0) return;
      try {
        const seen = await observeBatch(ctx, {
          items,
          sweep: sweep.sweep,
          seenAt: toMicroseconds(seenAt),
          lastCompleteAt: sweep.lastCompleteAt,
          hasActions,
        });
        counts.discovered += seen.discovered;
        counts.changed += seen.changed;
        for (const id of seen.movedIds) counts.movedIds.add(id);
      } catch (error) {
        ownFailure = { error };
        throw error;
      }
    }, run.signal),
  ).catch(async (error: unknown) => {
    // Stopping, or losing the lease: whoever takes the job over closes this sweep.
    if (run.signal.aborted) throw error;
    if (ownFailure === null) return { failed: error };
    // What went wrong on our side is not the provider's failure: it is seen, and the job is tried again.
    await failSweep(ctx, { kind, sweep, counts, error }).catch(() => undefined);
    throw error;
  });
  if ('failed' in end) return failSweep(ctx, { kind, sweep, counts, error: end.failed });
  return completeSweep(ctx, { kind, sweep, counts, end });
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

const listings = 3;

/**
 * Pages shift while things are made and destroyed; a listing that does not add up is repeated before it is given up. A
 * repetition that shows fewer than one before it said there are does not add up either.
 */
export async function listUntilComplete(list: () => Promise<ListingEnd>): Promise<ListingEnd> {
  let end = await list();
  let most = end.total ?? 0;
  for (let again = 1; again < listings && !end.isComplete; again += 1) {
    end = await list();
    most = Math.max(most, end.total ?? 0);
    if (end.isComplete && end.count < most)
      end = { ...end, isComplete: false, detail: `${end.count} were shown, and ${most} named when it was read before` };
  }
  return end;
}

/**
 * The end of a listing that worked: what it did not show is struck, if it can be believed, and the sweep is said. `walked` is the
 * sweep of the projects whose members it is about, if that is how they are known.
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
    if (mayMoveHeirs(kind, counts)) await holdAttribution(tx.sql);
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
    await moveHeirs(tx, { ctx, kind, counts });
    await endSweep(tx.sql, sweep.sweep, toMicroseconds(ctx.clock.now()), full);
    return full;
  });
  reportSweep(ctx, kind, outcome);
  return outcome;
}

async function settle(
  tx: Tx<Database>,
  {
    ctx,
    kind,
    sweep,
    end,
    walked,
  }: { ctx: Context; kind: string; sweep: Sweep; end: ListingEnd; walked: string | null },
): Promise<Pick<SweepEnd, 'status' | 'missing' | 'deleted' | 'detail'>> {
  const counted = await countMissing(tx.sql, { kind, sweep: sweep.sweep, walked });
  const doubt = whyDoubted(counted);
  if (doubt !== null) {
    const detail = `${doubt}; nobody was struck. Confirm sweep ${sweep.sweepId} if that is right.`;
    await noteParkedMissing(tx.sql, { kind, sweep: sweep.sweep, missedAt: sweep.startedAt });
    return { status: 'parked', missing: counted.missing, deleted: 0, detail };
  }
  const gone = await strike(tx.sql, { kind, sweep: sweep.sweep, missedAt: sweep.startedAt });
  const deleted = await deleteMissing(tx, { ids: gone, now: toMicroseconds(ctx.clock.now()) });
  await publishSwept(tx, { ctx, kind, sweep, count: end.count });
  return { status: 'complete', missing: counted.missing, deleted, detail: null };
}

export async function publishSwept(
  tx: Tx<Database>,
  { ctx, kind, sweep, count }: { ctx: Context; kind: string; sweep: Sweep; count: number },
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

const isHeir = (kind: string): boolean => kinds.some((known) => known.kind === kind && known.sources.length > 0);

const mayMoveHeirs = (kind: string, counts: Counts): boolean =>
  (isHeir(kind) || inheritorsOf(kind).length > 0) && (counts.discovered > 0 || counts.movedIds.size > 0);

/**
 * Snapshots and backups follow what they were made of, workers follow their cluster. Listings of both may run side by side:
 * whichever ends last sees what the other found.
 */
async function moveHeirs(
  tx: Tx<Database>,
  { ctx, kind, counts }: { ctx: Context; kind: string; counts: Counts },
): Promise<void> {
  if (!mayMoveHeirs(kind, counts)) return;
  const now = toMicroseconds(ctx.clock.now());
  const concerned = [...(isHeir(kind) ? [kind] : []), ...inheritorsOf(kind)];
  await attributeByRules(tx, { at: now, now, kinds: concerned, areHeirs: true });
}

export async function failSweep(
  ctx: Context,
  { kind, sweep, counts, error }: { kind: string; sweep: Sweep; counts: Counts; error: unknown },
): Promise<SweepEnd> {
  const detail = errorText(error);
  const end: SweepEnd = {
    status: 'failed',
    count: null,
    total: null,
    discovered: counts.discovered,
    changed: counts.changed,
    missing: 0,
    deleted: 0,
    detail,
  };
  await endSweep(ctx.db, sweep.sweep, toMicroseconds(ctx.clock.now()), end);
  reportSweep(ctx, kind, end);
  return end;
}
