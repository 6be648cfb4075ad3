import {
  type Actor,
  dayOf,
  decodeCursor,
  type metering,
  periodInterval,
  periodOf,
  type RequestInput,
  refuse,
  tenantScope,
} from '@arcadia/contracts';
import { cutPage } from '@arcadia/platform';
import type { Kysely } from 'kysely';
import type { MeteringContext } from './context.ts';
import { includedQuantity } from './domain/included.ts';
import { liveDays, liveWindows, recentDays } from './domain/live-windows.ts';
import { coveredBy, type MeteredKind, type Range, type Window } from './domain/windows.ts';
import { configInForce, readConfig } from './store/config-in-force.ts';
import { deriveStates, hasUnderived } from './store/derive-states.ts';
import { holdIntake } from './store/locks.ts';
import { accruedDays } from './store/metered-days.ts';
import type { MeteringTables } from './store/schema.ts';
import { termsInForce } from './store/terms.ts';
import { keyOfSum, type UsageSum, usageSums } from './store/usage-sums.ts';

type Asked = { input: RequestInput<typeof metering.listUsage>; actor: Actor };

/** Usage of a range, metered where it is metered and from the states where it is not, up to this moment. */
export async function listUsage({ input, actor }: Asked, ctx: MeteringContext) {
  const now = ctx.clock.now();
  const from = input.from === undefined ? periodInterval(periodOf(now)).start : instantOf(input.from);
  const to = input.to === undefined ? now : instantOf(input.to);
  if (Temporal.Instant.compare(from, to) > 0)
    return refuse('invalid-range', `usage from ${from} to ${to}: the range ends before it begins`);
  const after = input.cursor === undefined ? null : decodeCursor(input.cursor, 4);
  if (input.cursor !== undefined && after === null)
    return refuse('invalid-cursor', 'that cursor was not given by this list');

  const scope = tenantScope(actor);
  const tenant = scope ?? input.tenant_id;
  if (input.tenant_id !== undefined && input.tenant_id !== tenant) return { items: [], next_cursor: null };
  if (from.equals(to)) return { items: [], next_cursor: null };
  const range = { from, to, now };
  const recent = recentDays(range);
  const liveIn = (db: Kysely<MeteringTables>) => liveOf(db, { ...range, recent, kind: input.kind });
  const sumIn = async (db: Kysely<MeteringTables>, live: readonly Window[]) => {
    const rows = await usageSums(db, {
      from,
      to,
      groupBy: input.group_by,
      ...(tenant === undefined ? {} : { tenant }),
      ...(input.deployment === undefined ? {} : { deployment: input.deployment }),
      ...(input.kind === undefined ? {} : { kind: input.kind }),
      live,
      limit: input.limit + 1,
      after,
    });
    const included = input.group_by === 'deployment' ? await includedOf(db, rows, range) : () => null;
    return { rows, included };
  };
  // One snapshot: a day that is metered meanwhile is either live or a fact, never both.
  const snapshot = ctx.db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only');
  const read = async () => {
    const found = await snapshot.execute(async (db) => {
      const live = await liveIn(db);
      return live.length > 0 && (await hasUnderived(db)) ? null : sumIn(db, live);
    });
    if (found !== null) return found;
    await bringStatesUpToDate(ctx);
    return snapshot.execute(async (db) => sumIn(db, await liveIn(db)));
  };
  const [{ rows, included }, kindsOn] = await Promise.all([read(), readConfig(ctx.db)]);
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

const instantOf = (text: string): Temporal.Instant =>
  Temporal.Instant.from(text.length === 10 ? `${text}T00:00:00Z` : text);

/** For each kind the whole days or hours that a range touches. */
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

async function bringStatesUpToDate(ctx: MeteringContext): Promise<void> {
  await ctx.transact(async (tx) => {
    await holdIntake(tx.sql);
    await deriveStates(tx.sql);
  });
}

type Live = Range & { recent: readonly string[]; kind: string | undefined };

async function liveOf(db: Kysely<MeteringTables>, { recent, kind, ...range }: Live) {
  const [first, last] = [recent[0], recent.at(-1)];
  if (first === undefined || last === undefined) return [];
  const accrued = await accruedDays(db, first, last);
  const days = liveDays(recent, accrued);
  const kinds = new Map<string, MeteredKind[]>();
  for (const day of days) {
    const rows = await configInForce(db, day);
    kinds.set(
      day,
      rows.filter((row) => row.is_enabled && (kind === undefined || row.kind === kind)),
    );
  }
  return liveWindows(days, { ...range, accrued, kindsOn: (day) => kinds.get(day) ?? [] });
}

/** How much of a row's kind its deployment's subscription includes: told only for a range within one month. */
async function includedOf(db: Kysely<MeteringTables>, rows: readonly UsageSum[], { from, to, now }: Range) {
  const { end } = periodInterval(periodOf(from));
  if (Temporal.Instant.compare(to, end) > 0) return () => null;
  const at = Temporal.Instant.compare(now, end) < 0 ? now : end.subtract({ microseconds: 1 });
  const deployments = [...new Set(rows.flatMap(({ deployment_id }) => deployment_id ?? []))];
  const terms = await termsInForce(db, deployments, at);
  return ({ deployment_id, kind }: Pick<UsageSum, 'deployment_id' | 'kind'>): string | null => {
    const found = terms.get(deployment_id ?? '');
    return found === undefined ? null : includedQuantity(found, kind, at);
  };
}
