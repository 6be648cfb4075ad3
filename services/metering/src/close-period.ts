import { setTimeout as delay } from 'node:timers/promises';
import { metering, type Period, periodInterval } from '@arcadia/contracts';
import type { MeteringContext, MeteringTx } from './context.ts';
import { unmeteredDays, whatIsMissing } from './domain/closing.ts';
import { meterPending } from './meter-day.ts';
import { closingFacts } from './store/closing-facts.ts';
import { deriveStates } from './store/derive-states.ts';
import { holdIntake, holdPeriod } from './store/locks.ts';
import { manifestOf } from './store/manifest.ts';
import { openPeriod, type PeriodRow, periodRow, saveClose, savePeriod } from './store/periods.ts';
import { lastSweepSeq } from './store/sweeps.ts';

export type Closing = {
  period: Period;
  by: string;
  acceptMissing: boolean;
  force: boolean;
  /** From `inventoryHandled`, asked before the transaction. */
  handledThrough: number;
};

/** Either it is closed now (or was before), or something is missing. */
export type Closed = { row: PeriodRow; missing: string[] };

/**
 * Close a period: nothing can be metered in it meanwhile, what is late is metered first, and what is missing keeps it open
 * unless the operator accepts that. Closing a closed period changes nothing unless it is forced, so any number at once give one.
 */
export async function closePeriod(tx: MeteringTx, ctx: MeteringContext, closing: Closing): Promise<Closed> {
  const { period } = closing;
  await openPeriod(tx.sql, period);
  await holdIntake(tx.sql);
  await holdPeriod(tx.sql, period);
  const row = await periodRow(tx.sql, period);
  if (row.dropped_at !== null || (row.status === 'closed' && !closing.force)) return { row, missing: [] };

  await deriveStates(tx.sql);
  for (const day of (await closingFacts(tx.sql, period)).pendingDays) await meterPending(tx, ctx, day);
  const facts = await closingFacts(tx.sql, period);
  const missing = whatIsMissing({ ...facts, handledThrough: closing.handledThrough });
  if (missing.length > 0 && !closing.acceptMissing) {
    const kept: PeriodRow = { ...row, status: row.close_revision > 0 ? 'closed' : 'closing', missing };
    await savePeriod(tx.sql, kept);
    return { row: kept, missing };
  }
  return { row: await publishClosed(tx, ctx, { closing, row, missing }), missing: [] };
}

async function publishClosed(
  tx: MeteringTx,
  ctx: MeteringContext,
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
  await tx.publish(metering.periodClosed, { ...close, tenants });
  ctx.log.info({ period, revision: close.revision, missing, tenants: tenants.length }, 'period closed');
  return closed;
}

/**
 * How far the inventory's messages are handled. What a sweep has just enqueued this for may be committed and not yet
 * acknowledged, so it waits a moment for that. Whoever is in a transaction gives it, because many at once that each wanted a
 * second connection would wait for each other for ever.
 */
export async function inventoryHandled(ctx: MeteringContext, db = ctx.db): Promise<number> {
  const needed = await lastSweepSeq(db);
  for (let look = 1; ; look += 1) {
    const handled = await ctx.handledThrough('inventory');
    if (handled >= needed || look >= 20) return handled;
    await delay(100);
  }
}

/** The clock's close: what is missing is asked for, and ten minutes later it tries again. */
export async function closeByClock(ctx: MeteringContext, period: Period): Promise<void> {
  const now = ctx.clock.now();
  if (Temporal.Instant.compare(now, periodInterval(period).end) < 0) {
    ctx.log.warn({ period }, 'asked to close a period that is not over; nothing done');
    return;
  }
  const handledThrough = await inventoryHandled(ctx);
  const missing = await ctx.transact(async (tx) => {
    const closing = { period, by: 'service:metering', acceptMissing: false, force: false, handledThrough };
    const closed = await closePeriod(tx, ctx, closing);
    if (closed.missing.length === 0) return [];
    const { completedDays } = await closingFacts(tx.sql, period);
    for (const day of unmeteredDays(period, completedDays)) {
      await tx.enqueue('meter-day', { day }, { cause: `close-period@${now.toString()}` });
    }
    await tx.enqueue('close-period', { period }, { cause: `retry@${now.toString()}`, runAt: now.add({ minutes: 10 }) });
    return closed.missing;
  });
  const ok = missing.length === 0;
  ctx.health.report(`period ${period}`, { ok, detail: ok ? 'closed' : `cannot be closed yet: ${missing.join('; ')}` });
  if (!ok) ctx.log.warn({ period, missing }, 'period cannot be closed yet');
}
