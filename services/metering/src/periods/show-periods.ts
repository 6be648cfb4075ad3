import { daysOf, isRefusal, type metering, type Period, periodInterval, refuse } from '@arcadia/contracts';
import { cutPage, failedRuns, type ReadRequest, readCursor, readSorting, sortCursor } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import type { Context } from '../context.ts';
import { earlier } from '../domain/days/windows.ts';
import { failedClose, missingForClose } from '../domain/periods/closing.ts';
import { bringStatesUpToDate } from '../observations/bring-states-up-to-date.ts';
import { closingFacts } from '../store/periods/closing-facts.ts';
import { closesOf, heldOf, type PeriodSummary, pageOfPeriods } from '../store/periods/list-periods.ts';
import type { Tables } from '../store/schema.ts';
import { countUnknownResources } from '../store/usage/unknown-usage.ts';
import { inventoryState } from './close-period.ts';

export async function listPeriods({ input }: ReadRequest<typeof metering.listPeriods>, ctx: Context) {
  const sorting = readSorting(input.sort, input.cursor);
  if (isRefusal(sorting)) return sorting;
  const after = sorting === null ? readCursor(input.cursor, 1) : null;
  if (isRefusal(after)) return after;
  const rows = await pageOfPeriods(ctx.db, { before: after?.[0] ?? null, sorting, limit: input.limit + 1 });
  return cutPage(rows, {
    limit: input.limit,
    keyOf: ({ period, status }) =>
      sorting === null ? [period] : sortCursor(sorting, { sort_key: { period, status }[sorting.key], id: period }),
    itemOf: periodView,
  });
}

export async function showPeriod({ input }: ReadRequest<typeof metering.getPeriod>, ctx: Context) {
  const [row] = await pageOfPeriods(ctx.db, { period: input.period, limit: 1 });
  if (row === undefined)
    return refuse('not-found', `Period ${input.period} has no metered day: a day is metered after it has ended.`);
  const closes = await closesOf(ctx.db, input.period);
  return {
    ...periodView(row),
    missing: await missingNow(ctx, row),
    closes,
    held: await heldOf(ctx.db, input.period),
    unknown_resources: await unknownResources(ctx, input.period),
  };
}

/** Resources that were used in an unknown quantity, up to now. */
async function unknownResources(ctx: Context, period: Period): Promise<number> {
  const { start, end: last } = periodInterval(period);
  const end = earlier(last, ctx.clock.now());
  if (Temporal.Instant.compare(start, end) >= 0) return 0;
  await bringStatesUpToDate(ctx);
  return countUnknownResources(ctx.db, { start, end });
}

/** What a close would lack now: the stored list may be outdated, and before the first attempt there is none. */
async function missingNow(ctx: Context, { period, status, missing }: PeriodSummary): Promise<string[]> {
  const isOver = Temporal.Instant.compare(ctx.clock.now(), periodInterval(period).end) >= 0;
  if (!isOver || status === 'closed') return missing;
  const failed = (await failedRuns(ctx.db, 'close-period', [period])).get(period);
  const now = missingForClose({ ...(await closingFacts(ctx.db, period)), ...(await inventoryState(ctx)) });
  return failed === undefined ? now : [...now, failedClose(failed)];
}

/** A period as the API shows it. Throws when it does not exist. */
export async function viewOf(db: Kysely<Tables>, period: Period) {
  const [row] = await pageOfPeriods(db, { period, limit: 1 });
  if (row === undefined) throw new Error(`period ${period} does not exist`);
  return periodView(row);
}

const periodView = (row: PeriodSummary) => {
  const { start, end } = periodInterval(row.period);
  return {
    ...row,
    starts_at: start.toString(),
    ends_at: end.toString(),
    days: daysOf(row.period).length,
    close_revision: row.close_revision === 0 ? null : row.close_revision,
  };
};
