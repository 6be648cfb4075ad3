import { dayOf, isRefusal, type metering, periodInterval, periodOf, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import type { Context } from '../context.ts';
import { coveredBy, type Range } from '../domain/days/windows.ts';
import { includedQuantity, type Terms } from '../domain/subscriptions/included.ts';
import { recentSpan } from '../domain/usage/live-windows.ts';
import { bringStatesUpToDate } from '../observations/bring-states-up-to-date.ts';
import type { KindsOn } from '../store/kinds/config-in-force.ts';
import { hasUnderived } from '../store/observations/derive-states.ts';
import type { Tables } from '../store/schema.ts';
import {
  type Days,
  keyOfSum,
  readCounting,
  sumsOfWholeDays,
  type UsageSum,
  type UsageSumsOptions,
  usageSums,
} from '../store/usage/usage-sums.ts';
import { windowsWithoutFacts } from './windows-without-facts.ts';

/** Sums the usage of a range up to now: facts where it is metered, live states where it is not yet. */
export async function listUsage({ input, actor }: ReadRequest<typeof metering.listUsage>, ctx: Context) {
  const now = ctx.clock.now();
  const from = input.from === undefined ? periodInterval(periodOf(now)).start : instantOf(input.from);
  const to = input.to === undefined ? now : instantOf(input.to);
  if (Temporal.Instant.compare(from, to) > 0)
    return refuse('invalid-range', `The range from ${from} to ${to} ends before it begins.`);
  const after = readCursor(input.cursor, 5);
  if (isRefusal(after)) return after;

  const scope = tenantScope(actor);
  const tenant = scope ?? input.tenant_id;
  if (input.tenant_id !== undefined && input.tenant_id !== tenant) return { items: [], next_cursor: null };
  if (from.equals(to)) return { items: [], next_cursor: null };
  const range = { from, to, now };
  const liveIn = (db: Kysely<Tables>) => windowsWithoutFacts(db, { ...range, kind: input.kind });
  const termsAt = input.group_by === 'deployment' ? termsInstant(range) : null;
  const options = {
    ...{ from, to, groupBy: input.group_by, limit: input.limit + 1, after },
    ...(tenant === undefined ? {} : { tenant }),
    ...(input.deployment_id === undefined ? {} : { deployment: input.deployment_id }),
    ...(input.kind === undefined ? {} : { kind: input.kind }),
    ...(termsAt === null ? {} : { termsAt }),
  };
  const { sums, kindsOn } = input.total
    ? await sumsToCount(ctx.db, options, recentSpan(range))
    : await sumsOfWholeDays(ctx.db, options, recentSpan(range));
  const sumWithStates = async () => {
    if ((await liveIn(ctx.db)).length === 0) return usageSums(ctx.db, { ...options, live: [] });
    // One snapshot: a day that is metered meanwhile is either live or a fact, never both.
    const snapshot = ctx.db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
    if (await hasUnderived(ctx.db)) await bringStatesUpToDate(ctx);
    return snapshot.execute(async (db) => usageSums(db, { ...options, live: await liveIn(db) }));
  };
  const { rows, terms } = sums ?? (await sumWithStates());
  const included = termsAt === null ? () => null : includedBy(terms, termsAt);
  const units = new Map(kindsOn(dayOf(now)).map(({ kind, unit }) => [kind, unit]));
  const covered = coveredIn(range, kindsOn);
  return cutPage(rows, {
    limit: input.limit,
    keyOf: keyOfSum,
    itemOf: (row) => ({
      ...row,
      ...covered(row.kind),
      unit: units.get(row.kind) ?? '',
      included_per_month: included(row),
    }),
  });
}

/** In two statements: the rows of a list are counted by the statement that limits them, which must not be one without rows. */
async function sumsToCount(db: Kysely<Tables>, options: Omit<UsageSumsOptions, 'live'>, days: Days) {
  const { isWhole, kindsOn } = await readCounting(db, days);
  return { sums: isWhole ? await usageSums(db, { ...options, live: [] }) : null, kindsOn };
}

/** A day (its first instant) or an instant of a query. */
export const instantOf = (text: string): Temporal.Instant =>
  Temporal.Instant.from(text.length === 10 ? `${text}T00:00:00Z` : text);

/** By kind the whole days or hours that a range touches. */
const coveredIn = (range: Range, kindsOn: KindsOn) => {
  const known = new Map<string, { covers_from: string; covers_to: string }>();
  return (kind: string) => {
    const found = known.get(kind);
    if (found !== undefined) return found;
    const { from, to } = coveredBy(
      range,
      (day) => kindsOn(day).find((row) => row.kind === kind)?.granularity ?? 'daily',
    );
    const covered = { covers_from: from.toString(), covers_to: to.toString() };
    known.set(kind, covered);
    return covered;
  };
};

/** The instant at which the terms count that decide what a month includes; null for a range that is not within one month. */
const termsInstant = ({ from, to, now }: Range): Temporal.Instant | null => {
  const { end } = periodInterval(periodOf(from));
  if (Temporal.Instant.compare(to, end) > 0) return null;
  return Temporal.Instant.compare(now, end) < 0 ? now : end.subtract({ microseconds: 1 });
};

/** Included quantity of a row's kind by its deployment's subscription. */
const includedBy =
  (terms: ReadonlyMap<string, Terms>, at: Temporal.Instant) =>
  ({ deployment_id, kind }: Pick<UsageSum, 'deployment_id' | 'kind'>): string | null => {
    const found = terms.get(deployment_id ?? '');
    return found === undefined ? null : includedQuantity(found, kind, at);
  };
