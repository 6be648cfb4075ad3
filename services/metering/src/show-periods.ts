import {
  daysOf,
  decodeCursor,
  type metering,
  type Period,
  periodInterval,
  type RequestInput,
  refuse,
} from '@arcadia/contracts';
import { cutPage } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import { inventoryHandled } from './close-period.ts';
import type { MeteringContext } from './context.ts';
import { whatIsMissing } from './domain/closing.ts';
import { closingFacts } from './store/closing-facts.ts';
import { closesOf, heldOf, listPeriods, type PeriodSummary } from './store/list-periods.ts';
import type { MeteringTables } from './store/schema.ts';

export async function showPeriods(
  { input }: { input: RequestInput<typeof metering.listPeriods> },
  ctx: MeteringContext,
) {
  const after = input.cursor === undefined ? null : decodeCursor(input.cursor, 1);
  if (input.cursor !== undefined && after === null)
    return refuse('invalid-cursor', 'that cursor was not given by this list');
  const rows = await listPeriods(ctx.db, { before: after?.[0] ?? null, limit: input.limit + 1 });
  return cutPage(rows, { limit: input.limit, keyOf: ({ period }) => [period], itemOf: periodView });
}

export async function showPeriod({ input }: { input: RequestInput<typeof metering.getPeriod> }, ctx: MeteringContext) {
  const [row] = await listPeriods(ctx.db, { period: input.period, limit: 1 });
  if (row === undefined) return refuse('not-found', `nothing is known of period ${input.period}`);
  const closes = await closesOf(ctx.db, input.period);
  return {
    ...periodView(row),
    missing: await missingNow(ctx, row),
    closes,
    held: await heldOf(ctx.db, input.period),
  };
}

/** What the last attempt to close found missing may have come since, and before the first nobody has looked. */
async function missingNow(ctx: MeteringContext, { period, status, missing }: PeriodSummary): Promise<string[]> {
  const isOver = Temporal.Instant.compare(ctx.clock.now(), periodInterval(period).end) >= 0;
  if (!isOver || status === 'closed') return missing;
  return whatIsMissing({ ...(await closingFacts(ctx.db, period)), handledThrough: await inventoryHandled(ctx) });
}

/** A period as its readers see it; it must have been spoken of. */
export async function viewOf(db: Kysely<MeteringTables>, period: Period) {
  const [row] = await listPeriods(db, { period, limit: 1 });
  if (row === undefined) throw new Error(`period ${period} is not there`);
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
