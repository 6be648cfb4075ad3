import { setTimeout as delay } from 'node:timers/promises';
import { metering, type Period, periodInterval } from '@arcadia/contracts';
import { NotDueYet } from '@arcadia/platform';
import type { CommandContext, Context, Tx } from '../context.ts';
import { meterPending } from '../days/meter-day.ts';
import { type InventoryState, missingForClose, unmeteredDays } from '../domain/periods/closing.ts';
import { holdIntake, holdPeriod } from '../store/locks.ts';
import { deriveStates } from '../store/observations/derive-states.ts';
import { lastSweepSeq } from '../store/observations/sweeps.ts';
import { closingFacts } from '../store/periods/closing-facts.ts';
import { manifestOf } from '../store/periods/manifest.ts';
import { openPeriod, type PeriodRow, periodRow, saveClose, savePeriod } from '../store/periods/periods.ts';

export type Closing = {
  period: Period;
  by: string;
  acceptMissing: boolean;
  force: boolean;
  /** Looked up before the transaction. */
  inventory: InventoryState;
};

/** The period after the attempt; nothing is missing when it is closed. */
export type Closed = { row: PeriodRow; missing: string[] };

/**
 * Closes a period. Nothing can be metered in it meanwhile; late observations are metered first; anything missing keeps it
 * open unless the operator accepts the gap. Closing a closed period changes nothing unless it is forced, so several closes
 * at once give one.
 */
export async function closePeriod(tx: Tx, ctx: CommandContext, closing: Closing): Promise<Closed> {
  const { period } = closing;
  await openPeriod(tx.sql, period);
  await holdIntake(tx.sql);
  await holdPeriod(tx.sql, period);
  const row = await periodRow(tx.sql, period);
  if (row.dropped_at !== null || (row.status === 'closed' && !closing.force)) return { row, missing: [] };

  await deriveStates(tx.sql);
  for (const day of (await closingFacts(tx.sql, period)).pendingDays) await meterPending(tx, ctx, day);
  const facts = await closingFacts(tx.sql, period);
  const missing = missingForClose({ ...facts, ...closing.inventory });
  if (missing.length > 0 && !closing.acceptMissing) {
    const kept: PeriodRow = { ...row, status: row.close_revision > 0 ? 'closed' : 'closing', missing };
    await savePeriod(tx.sql, kept);
    return { row: kept, missing };
  }
  return { row: await publishClosed(tx, ctx, { closing, row, missing }), missing: [] };
}

async function publishClosed(
  tx: Tx,
  ctx: CommandContext,
  { closing, row, missing }: { closing: Closing; row: PeriodRow; missing: string[] },
): Promise<PeriodRow> {
  const { period, by } = closing;
  const tenants = await manifestOf(tx.sql, period);
  const closed: PeriodRow = { ...row, status: 'closed', close_revision: row.close_revision + 1, missing: [] };
  const close = {
    period,
    revision: closed.close_revision,
    closed_at: ctx.clock.now().toString(),
    closed_by: by,
    closed_over: missing,
    is_forced: closing.force && row.close_revision > 0,
    hash: metering.manifestHash(tenants),
  };
  await savePeriod(tx.sql, closed);
  await saveClose(tx.sql, { ...close, facts: tenants.reduce((sum, tenant) => sum + tenant.facts, 0) });
  await tx.publish(metering.periodClosed, { ...close, tenants, hash_version: metering.factsHashVersion });
  ctx.log.info({ period, revision: close.revision, missing, tenants: tenants.length }, 'period closed');
  return closed;
}

/**
 * The sequence up to which the inventory's messages are handled, and how many of them are parked. The sweep that enqueued this close
 * may be committed and not yet acknowledged, and a requeued message is handled in a moment, so it waits up to two seconds for that.
 */
export async function inventoryState(ctx: Context): Promise<InventoryState> {
  const { open, requeuedThrough } = await ctx.openLetters('inventory');
  const needed = Math.max(await lastSweepSeq(ctx.db), requeuedThrough);
  for (let look = 1; ; look += 1) {
    const handledThrough = await ctx.handledThrough('inventory');
    if (handledThrough >= needed || look >= 20) {
      // Counted again: what was handled meanwhile may have been parked.
      const letters = await ctx.openLetters('inventory');
      return { handledThrough, requeuedThrough, openLetters: Math.max(open, letters.open) };
    }
    await delay(100);
  }
}

/**
 * The scheduled close: enqueues the metering of missing days and tries again ten minutes later. Every complete sweep starts it
 * too, so one retry is pending however often it runs.
 * @throws NotDueYet when the period is not over
 */
export async function closeBySchedule(ctx: Context, period: Period, cause: string): Promise<void> {
  const now = ctx.clock.now();
  const { end } = periodInterval(period);
  if (Temporal.Instant.compare(now, end) < 0) throw new NotDueYet(`period ${period} is not over`, end);
  const inventory = await inventoryState(ctx);
  const missing = await ctx.transact(async (tx) => {
    const closing = { period, by: 'service:metering', acceptMissing: false, force: false, inventory };
    const closed = await closePeriod(tx, ctx, closing);
    if (closed.missing.length === 0) return [];
    const { completedDays, failedDays } = await closingFacts(tx.sql, period);
    for (const day of unmeteredDays(period, completedDays)) {
      // A day that failed for good is in the reasons of the period; another run would only fail again.
      if (failedDays.has(day)) continue;
      await tx.enqueue('meter-day', { day }, { cause: `close-period@${cause}`, delayMs: 0, onlyOnePending: true });
    }
    const retry = { cause: `retry@${now.toString()}`, runAt: now.add({ minutes: 10 }), onlyOnePending: true } as const;
    await tx.enqueue('close-period', { period }, retry);
    return closed.missing;
  });
  const ok = missing.length === 0;
  ctx.health.report(`period ${period}`, { ok, detail: ok ? 'closed' : `cannot be closed yet: ${missing.join('; ')}` });
  if (!ok) ctx.log.warn({ period, missing }, 'period cannot be closed yet');
}
