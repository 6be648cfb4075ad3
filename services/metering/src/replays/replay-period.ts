import { setTimeout as delay } from 'node:timers/promises';
import { type EventData, inventorySync, metering, periodInterval } from '@arcadia/contracts';
import { errorText, type JobRun, type Received } from '@arcadia/platform';
import type { Context, Tx } from '../context.ts';
import { windowsOf } from '../domain/days/windows.ts';
import { keepObservations, observationOf } from '../observations/consume-inventory.ts';
import { completedDays } from '../store/days/metered-days.ts';
import { meteredKinds } from '../store/kinds/config-in-force.ts';
import { compareDay, markDifferences } from '../store/replays/compare-replay.ts';
import {
  createReplayTables,
  deriveReplayStates,
  dropReplayTables,
  type ReplayTables,
  replayObservations,
  replayTables,
} from '../store/replays/replay-tables.ts';
import { endReplay, findReplay, type ReplayCounts, type ReplayView, restartReplay } from '../store/replays/replays.ts';
import { addReports, addSubjects, markReportedDays, type Placed } from '../store/reports/reports.ts';

const { resourceObserved } = inventorySync;
const { usageReported } = metering;

type Run = Pick<JobRun<{ replay_id: string }>, 'input' | 'signal' | 'progress'>;
type Work = { ctx: Context; run: Run; replay: ReplayView; tables: ReplayTables; counts: ReplayCounts };

/**
 * Meters a period again from the observations and reports on the streams, into tables of its own, by the same formula, beside
 * the live traffic. When it is applied, the messages are also consumed again, which restores only what was lost.
 */
export async function replayPeriod(ctx: Context, run: Run): Promise<void> {
  const replay = await findReplay(ctx.db, run.input.replay_id);
  if (replay === null) return;
  await restartReplay(ctx.db, replay.replay_id);
  const counts = { observations: 0, reports: 0, unreadable: 0, lines: 0 };
  const work = { ctx, run, replay, tables: replayTables(replay.replay_id), counts };
  try {
    await createReplayTables(ctx.db, work.tables);
    await readObservations(work);
    await readReports(work);
    await ctx.transact((tx) => deriveReplayStates(tx.sql, work.tables));
    await compareDays(work);
    await conclude(work);
  } catch (error) {
    // The service stops or lost its lease: the next attempt starts from the beginning.
    if (run.signal.aborted) throw error;
    ctx.log.error({ err: error, replay: replay.replay_id, period: replay.period }, 'a replay failed');
    const failed = { status: 'failed' as const, counts, at: ctx.clock.now(), detail: errorText(error) };
    await ctx.transact((tx) => end(tx, replay.replay_id, failed));
  } finally {
    await dropReplayTables(ctx.db, work.tables);
  }
}

/** A state that took effect before the period's end may still hold within it. */
const isOfPeriod = (at: string, { period }: ReplayView): boolean =>
  Temporal.Instant.compare(at, periodInterval(period).end) < 0;

async function readObservations({ ctx, run, replay, tables, counts }: Work): Promise<void> {
  let last = 0;
  let read = 0;
  for await (const { events, unreadable, left } of ctx.replay([resourceObserved], { signal: run.signal })) {
    const own = events.filter(({ data }) => isOfPeriod(data.effective_at, replay));
    const observations = own.flatMap((one) => observationOf(one) ?? []);
    await replayObservations(ctx.db, tables, observations);
    if (replay.is_applying) await ctx.transact((tx) => keepObservations(own, tx));
    counts.observations += observations.length;
    counts.unreadable += unreadable.length;
    last = events.at(-1)?.seq ?? last;
    read += events.length + unreadable.length;
    await run.progress({ ...counts, read, of: read + left });
  }
  await untilHandled(ctx, last);
}

/** Waits until the live consumer has handled the messages just read: facts cannot be ahead of it. */
async function untilHandled(ctx: Context, seq: number): Promise<void> {
  for (let look = 1; look < 100 && (await ctx.handledThrough('inventory')) < seq; look += 1) await delay(100);
}

async function readReports({ ctx, run, replay, tables, counts }: Work): Promise<void> {
  for await (const { events, unreadable } of ctx.replay([usageReported], { signal: run.signal })) {
    const batches = events.map((one: Received<typeof usageReported>) => one.data);
    const own = batches.map((batch) => ({
      at: Temporal.Instant.from(batch.accepted_at),
      placed: placedOf(batch).filter(({ report }) => isOfPeriod(report.time, replay)),
    }));
    // In order: of two readings of one instant the one accepted later counts.
    for (const { at, placed } of own) {
      await addReports(ctx.db, placed, at, tables.reports);
      await addSubjects(ctx.db, placed, tables.subjects);
      if (replay.is_applying) await restoreReports(ctx, placed, at);
      counts.reports += placed.length;
    }
    counts.unreadable += unreadable.length;
    await run.progress(counts);
  }
}

const placedOf = (batch: EventData<typeof usageReported>): Placed[] =>
  batch.reports.map((report, index) => ({
    index,
    tenantId: batch.tenant_id,
    report: { ...report, deployment_id: batch.deployment_id },
  }));

/** Stores the reports that were lost. They are not published again, because they come from the stream. */
async function restoreReports(ctx: Context, placed: readonly Placed[], at: Temporal.Instant): Promise<void> {
  await ctx.transact(async (tx) => {
    const added = await addReports(tx.sql, placed, at);
    const lost = placed.filter(({ index }) => added.has(index));
    if (lost.length === 0) return;
    await addSubjects(tx.sql, lost);
    await markReportedDays(tx.sql, lost);
  });
}

async function compareDays({ ctx, run, replay, tables, counts }: Work): Promise<void> {
  const { start, end } = periodInterval(replay.period);
  const beganMs = performance.now();
  const [first, last] = [start, end.subtract({ hours: 24 })].map((at) => at.toString().slice(0, 10));
  for (const day of [...(await completedDays(ctx.db, first ?? '', last ?? ''))].toSorted()) {
    run.signal.throwIfAborted();
    const kinds = await meteredKinds(ctx.db, day);
    await ctx.transact(async (tx) => {
      for (const granularity of ['daily', 'hourly'] as const) {
        const windows = windowsOf(day, granularity, { kinds });
        const compared = { replayId: replay.replay_id, day, granularity, windows, sources: tables };
        counts.lines += await compareDay(tx.sql, compared);
      }
    });
    await run.progress({ ...counts, day, ms: Math.round(performance.now() - beganMs) });
  }
}

async function conclude({ ctx, replay, counts }: Work): Promise<void> {
  const { replay_id: id } = replay;
  await ctx.transact(async (tx) => {
    const found = await findReplay(tx.sql, id);
    const isSame = found === null || found.differing + found.pending === 0;
    const status = isSame ? 'agrees' : replay.is_applying ? 'applied' : found.differing === 0 ? 'agrees' : 'differs';
    if (status === 'applied') await markDifferences(tx.sql, id);
    // The restored observations are metered after the comparison, which must still find the days that they change.
    if (replay.is_applying) await tx.enqueue('meter-touched-days', {}, { cause: id });
    await end(tx, id, { status, counts, at: ctx.clock.now(), detail: null });
  });
}

/** Ends a replay with its result. */
async function end(tx: Tx, id: string, result: Parameters<typeof endReplay>[2]): Promise<void> {
  await endReplay(tx.sql, id, result);
  const ended = await findReplay(tx.sql, id);
  if (ended !== null) await tx.publish(metering.replayChanged, ended);
}
