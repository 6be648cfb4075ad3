import { dayOf, isRefusal, type metering, periodInterval, periodOf, refuse, tenantScope } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import type { Context } from '../context.ts';
import { coveredBy, type MeteredKind, type Range, type Window } from '../domain/days/windows.ts';
import { includedQuantity, type Terms } from '../domain/subscriptions/included.ts';
import { liveDays, recentDays } from '../domain/usage/live-windows.ts';
import { bringStatesUpToDate } from '../observations/bring-states-up-to-date.ts';
import { readCounting } from '../store/kinds/config-in-force.ts';
import { hasUnderived } from '../store/observations/derive-states.ts';
import type { Tables } from '../store/schema.ts';
import { keyOfSum, type UsageSum, usageSums } from '../store/usage/usage-sums.ts';
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
  const recent = recentDays(range);
  const liveIn = (db: Kysely<Tables>) => windowsWithoutFacts(db, { ...range, recent, kind: input.kind });
  const termsAt = input.group_by === 'deployment' ? termsInstant(range) : null;
  const sumIn = (db: Kysely<Tables>, live: readonly Window[]) =>
    usageSums(db, {
      from,
      to,
      groupBy: input.group_by,
      ...(tenant === undefined ? {} : { tenant }),
      ...(input.deployment_id === undefined ? {} : { deployment: input.deployment_id }),
      ...(input.kind === undefined ? {} : { kind: input.kind }),
      live,
      limit: input.limit + 1,
      after,
      ...(termsAt === null ? {} : { termsAt }),
    });
  const [first, last] = [recent[0], recent.at(-1)];
  const { kindsOn, accrued } = await readCounting(ctx.db, first && last ? { first, last } : null);
  const read = async () => {
    // Facts of a range that is wholly metered stay, so that it needs no snapshot.
    if (liveDays(recent, accrued).length === 0 || (await liveIn(ctx.db)).length === 0) return sumIn(ctx.db, []);
    // One snapshot: a day that is metered meanwhile is either live or a fact, never both.
    const snapshot = ctx.db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
    if (await hasUnderived(ctx.db)) await bringStatesUpToDate(ctx);
    return snapshot.execute(async (db) => sumIn(db, await liveIn(db)));
  };
  const { rows, terms } = await read();
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

/** A day (its first instant) or an instant of a query. */
export const instantOf = (text: string): Temporal.Instant =>
  Temporal.Instant.from(text.length === 10 ? `${text}T00:00:00Z` : text);

/** By kind the whole days or hours that a range touches. */
const coveredIn = (range: Range, kindsOn: (day: string) => readonly Pick<MeteredKind, 'kind' | 'granularity'>[]) => {
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
