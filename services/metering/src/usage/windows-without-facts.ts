import type { Kysely } from 'kysely';
import type { MeteredKind, Range, Window } from '../domain/days/windows.ts';
import { liveDays, liveWindows, recentDays } from '../domain/usage/live-windows.ts';
import { accruedDays } from '../store/days/metered-days.ts';
import { meteredKinds } from '../store/kinds/config-in-force.ts';
import type { Tables } from '../store/schema.ts';

/** `kind`: undefined for all. */
type Live = Range & { kind: string | undefined };

/** The windows of a range, one kind or all, that have no facts yet and end now at the latest. */
export async function windowsWithoutFacts(db: Kysely<Tables>, { kind, ...range }: Live): Promise<Window[]> {
  const recent = recentDays(range);
  const [first, last] = [recent[0], recent.at(-1)];
  if (first === undefined || last === undefined) return [];
  const accrued = await accruedDays(db, first, last);
  const days = liveDays(recent, accrued);
  const kinds = new Map<string, MeteredKind[]>();
  for (const day of days) {
    const metered = await meteredKinds(db, day);
    kinds.set(
      day,
      metered.filter((one) => kind === undefined || one.kind === kind),
    );
  }
  return liveWindows(days, { ...range, accrued, kindsOn: (day) => kinds.get(day) ?? [] });
}
