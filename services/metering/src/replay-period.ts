import { setTimeout as delay } from 'node:timers/promises';
import { type EventData, inventorySync, metering, periodInterval } from '@arcadia/contracts';
import { errorText, type JobRun, type Received } from '@arcadia/platform';
import { consumeInventory, observationOf } from './consume-inventory.ts';
import type { MeteringContext } from './context.ts';
import { windowsOf } from './domain/windows.ts';
import { compareDay, markDifferences } from './store/compare-replay.ts';
import { meteredKinds } from './store/config-in-force.ts';
import { completedDays } from './store/metered-days.ts';
import {
  createReplayTables,
  deriveReplayStates,
  dropReplayTables,
  type ReplayTables,
  replayObservations,
  replayTables,
} from './store/replay-tables.ts';
import { endReplay, findReplay, type ReplayCounts, type ReplayView, restartReplay } from './store/replays.ts';
import { addReports, addSubjects, markReportedDays, type Placed } from './store/reports.ts';

const { resourceObserved } = inventorySync;
const { usageReported } = metering;

type Run = Pick<JobRun<{ replay_id: string }>, 'input' | 'signal' | 'progress'>;
type Work = { ctx: MeteringContext; run: Run; replay: ReplayView; tables: ReplayTables; counts: ReplayCounts };

/**
 * Works a period out again from what was observed and reported, as it lies on the streams: into tables of its own, by the one
 * formula, beside the live traffic. Applied, what is read is also consumed again, which changes nothing but what was lost.
 */
export async function replayPeriod(ctx: MeteringContext, run: Run): Promise<void> {
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
    // Stopping, or losing the lease: whoever takes it over begins anew.
    if (run.signal.aborted) throw error;
    ctx.log.error({ err: error, replay: replay.replay_id, period: replay.period }, 'a replay failed');
    await endReplay(ctx.db, replay.replay_id, {
      status: 'failed',
      counts,
      at: ctx.clock.now(),
      detail: errorText(error),
    });
  } finally {
    await dropReplayTables(ctx.db, work.tables);
  }
}

/** Whatever took effect before the period's end may still hold in it. */
const isOfPeriod = (at: string, { period }: ReplayView): boolean =>
  Temporal.Instant.compare(at, periodInterval(period).end) < 0;

async function readObservations({ ctx, run, replay, tables, counts }: Work): Promise<void> {
  let last = 0;
  for await (const { events, unreadable } of ctx.replay([resourceObserved], { signal: run.signal })) {
    const own = events.filter(({ data }) => isOfPeriod(data.effective_at, replay));
    const observations = own.flatMap((one) => observationOf(one) ?? []);
    await replayObservations(ctx.db, tables, observations);
    if (replay.is_applying) await ctx.transact((tx) => consumeInventory.handle([...own], tx, ctx));
    counts.observations += observations.length;
    counts.unreadable += unreadable.length;
    last = events.at(-1)?.seq ?? last;
    await run.progress(counts);
  }
  await untilHandled(ctx, last);
}

/** The live consumer may not have come as far as what was just read; then the facts could not have, either. */
async function untilHandled(ctx: MeteringContext, seq: number): Promise<void> {
  for (let look = 1; look < 100 && (await ctx.handledThrough('inventory')) < seq; look += 1) await delay(100);
}

async function readReports({ ctx, run, replay, tables, counts }: Work): Promise<void> {
  for await (const { events, unreadable } of ctx.replay([usageReported], { signal: run.signal })) {
    const batches = events.map((one: Received<typeof usageReported>) => one.data);
    const own = batches.map((batch) => ({
      at: Temporal.Instant.from(batch.accepted_at),
      placed: placedOf(batch).filter(({ report }) => isOfPeriod(report.time, replay)),
    }));
    // One message after the other: of two readings of one instant the one that was accepted later counts.
    for (const { at, placed } of own) {
      await addReports(ctx.db, placed, at, tables.reports);
      await addSubjects(ctx.db, placed, tables.subjects);
      if (replay.is_applying) await takeInReports(ctx, placed, at);
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

/** Reports that are here already change nothing; nothing is said again, because the stream is where they come from. */
async function takeInReports(ctx: MeteringContext, placed: readonly Placed[], at: Temporal.Instant): Promise<void> {
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
    await run.progress({ ...counts, day });
  }
}

async function conclude({ ctx, replay, counts }: Work): Promise<void> {
  const { replay_id: id } = replay;
  await ctx.transact(async (tx) => {
    const found = await findReplay(tx.sql, id);
    const isSame = found === null || found.differing + found.pending === 0;
    const status = isSame ? 'agrees' : replay.is_applying ? 'applied' : found.differing === 0 ? 'agrees' : 'differs';
    if (status === 'applied') {
      await markDifferences(tx.sql, id);
      await tx.enqueue('meter-touched-days', {}, { cause: id });
    }
    await endReplay(tx.sql, id, { status, counts, at: ctx.clock.now(), detail: null });
  });
}
