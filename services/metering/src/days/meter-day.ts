import { randomUUID } from 'node:crypto';
import { dayInterval, periodInterval } from '@arcadia/contracts';
import { ensureMonthPartitionsBetween, failpoint, NotDueYet } from '@arcadia/platform';
import type { CommandContext, Context, Tx } from '../context.ts';
import { windowsOf } from '../domain/days/windows.ts';
import { lateUntil } from '../domain/periods/retention.ts';
import { type Accrued, accrueUsage } from '../store/days/accrue-usage.ts';
import {
  accruedDays,
  markAccrued,
  markMetered,
  meteredUntil,
  pendingDays,
  takePending,
} from '../store/days/metered-days.ts';
import { meteredKinds } from '../store/kinds/config-in-force.ts';
import { holdDay, holdIntake, sharePeriod } from '../store/locks.ts';
import { deriveStates } from '../store/observations/derive-states.ts';
import { openPeriod, periodRow } from '../store/periods/periods.ts';

/**
 * Meters one UTC day that is over, with its hours for kinds that are metered by the hour. Repeating it is safe: facts that
 * have not changed are neither written nor published again.
 * @throws NotDueYet when the day is not over
 */
export async function meterDay(ctx: Context, day: string): Promise<Accrued> {
  const { end } = dayInterval(day);
  if (Temporal.Instant.compare(ctx.clock.now(), end) < 0) throw new NotDueYet(`day ${day} is not over`, end);
  if ((await periodRow(ctx.db, day.slice(0, 7))).dropped_at !== null) {
    ctx.log.warn({ day }, 'the facts of this day were dropped; metering skipped');
    return { published: 0, written: 0, removed: 0 };
  }
  await prepare(ctx, day, end);
  const accrued = await ctx.transact(async (tx) => {
    await lockDay(tx, day);
    await takePending(tx.sql, day);
    const result = await accrue(tx, ctx, { day });
    await markAccrued(tx.sql, day, end);
    await failpoint('metering.before-commit');
    return result;
  });
  await failpoint('metering.after-commit');
  ctx.log.info({ day, ...accrued }, 'day metered');
  return accrued;
}

/**
 * Meters the hours of the running day up to the end of this one that are not metered yet, for kinds that are metered by the
 * hour. A missed hour is metered with the next one; late observations have a job of their own.
 * @throws NotDueYet when the hour is not over
 */
export async function meterHour(ctx: Context, hour: Temporal.Instant): Promise<Accrued> {
  const nothing = { published: 0, written: 0, removed: 0 };
  const until = hour.add({ hours: 1 });
  const day = hour.toString().slice(0, 10);
  const kinds = await meteredKinds(ctx.db, day);
  if (!kinds.some(({ granularity }) => granularity === 'hourly')) return nothing;
  if (Temporal.Instant.compare(ctx.clock.now(), until) < 0)
    throw new NotDueYet(`hour ${hour.toString()} is not over`, until);
  await prepare(ctx, day, until);
  return ctx.transact(async (tx) => {
    await lockDay(tx, day);
    const from = (await accruedDays(tx.sql, day, day)).get(day);
    const accrued = await accrue(tx, ctx, {
      day,
      ...(from === undefined ? {} : { from }),
      until,
      granularities: ['hourly'],
    });
    await markAccrued(tx.sql, day, until);
    return accrued;
  });
}

/**
 * Meters again, on every day that a late or corrected observation (or report) touched, the deployments it concerns. A day that
 * was touched after the late window is held until an operator has it metered, closes the period again or widens the window.
 */
export async function meterTouchedDays(ctx: Context): Promise<void> {
  await ctx.transact(async (tx) => {
    await holdIntake(tx.sql);
    await deriveStates(tx.sql);
  });
  for (const day of await pendingDays(ctx.db)) {
    await ctx.transact(async (tx) => {
      await lockDay(tx, day);
      if (await isTooLate(tx, ctx, day))
        ctx.log.info({ day }, 'an observation of this day came after the late window; the day is held');
      else await meterPending(tx, ctx, day);
    });
  }
}

/** Meters what is pending of one day, in the caller's transaction. */
export async function meterPending(tx: Tx, ctx: CommandContext, day: string): Promise<Accrued> {
  await lockDay(tx, day);
  const deployments = await takePending(tx.sql, day);
  const until = await meteredUntil(tx.sql, day);
  if (deployments.length === 0 || until === null) return { published: 0, written: 0, removed: 0 };
  const isOver = Temporal.Instant.compare(until, dayInterval(day).end) >= 0;
  const accrued = await accrue(tx, ctx, { day, deployments, ...(isOver ? {} : { until, granularities: ['hourly'] }) });
  ctx.log.info({ day, deployments: deployments.length, ...accrued }, 'touched day metered again');
  return accrued;
}

const isTooLate = async (tx: Tx, ctx: CommandContext, day: string): Promise<boolean> => {
  const period = day.slice(0, 7);
  const { status } = await periodRow(tx.sql, period);
  return (
    status === 'closed' && Temporal.Instant.compare(ctx.clock.now(), lateUntil(period, ctx.config.lateWindowDays)) >= 0
  );
};

/** Derives the states as of now and marks the day: an observation that commits later has the day metered again. */
async function prepare(ctx: Context, day: string, until: Temporal.Instant): Promise<void> {
  await ctx.transact(async (tx) => {
    await holdIntake(tx.sql);
    await deriveStates(tx.sql);
    const { start, end } = periodInterval(day.slice(0, 7));
    for (const table of ['usage_records', 'accruals']) {
      await ensureMonthPartitionsBetween(tx.sql, { table, from: start, to: end.subtract({ seconds: 1 }) });
    }
    await openPeriod(tx.sql, day.slice(0, 7));
    await markMetered(tx.sql, day, until);
  });
}

async function lockDay(tx: Tx, day: string): Promise<void> {
  await sharePeriod(tx.sql, day.slice(0, 7));
  await holdDay(tx.sql, day);
}

type Part = {
  day: string;
  from?: Temporal.Instant;
  until?: Temporal.Instant;
  granularities?: readonly ('daily' | 'hourly')[];
  deployments?: readonly string[];
};

async function accrue(tx: Tx, ctx: CommandContext, part: Part): Promise<Accrued> {
  const { day, from, until, granularities = ['daily', 'hourly'], deployments } = part;
  const period = day.slice(0, 7);
  const kinds = await meteredKinds(tx.sql, day);
  const { close_revision } = await periodRow(tx.sql, period);
  const total = { published: 0, written: 0, removed: 0 };
  for (const granularity of granularities) {
    const accrued = await accrueUsage(tx, {
      period,
      granularity,
      windows: windowsOf(day, granularity, {
        kinds,
        ...(from === undefined ? {} : { from }),
        ...(until === undefined ? {} : { until }),
      }),
      ...(deployments === undefined ? {} : { deployments }),
      closeRevision: close_revision + 1,
      runId: randomUUID(),
      at: ctx.clock.now(),
    });
    total.published += accrued.published;
    total.written += accrued.written;
    total.removed += accrued.removed;
  }
  return total;
}
