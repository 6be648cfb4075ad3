import type { HealthFact } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { sweptKinds } from '../domain/syncs/kinds.ts';
import { lastSweeps } from '../store/syncs/last-sweeps.ts';

/** Every kind is listed at least hourly; one that was not completely listed for so long, in hours, needs attention. */
const mostHours = 3;

/** How long ago each kind was last listed completely. While a month is played, its clock and that of the listings jump. */
export async function checkSweeps(ctx: Context): Promise<HealthFact> {
  const now = ctx.clock.now();
  const ages = (await lastSweeps(ctx.db, sweptKinds)).flatMap(({ row, ended, lastCompleteAt }) =>
    lastCompleteAt === null || ended.status === 'unavailable'
      ? []
      : [{ kind: row.kind, hours: now.since(lastCompleteAt).total('hours') }],
  );
  const oldest = ages.toSorted((a, b) => b.hours - a.hours)[0];
  if (oldest === undefined) return { ok: true };
  const isPlayed = Math.abs(ctx.wallClock.now().since(now).total('minutes')) > 1;
  const seconds = { oldest_seconds: Math.round(oldest.hours * 3_600) };
  if (isPlayed || oldest.hours <= mostHours) return { ok: true, ...seconds };
  return {
    ...{ ok: true, ...seconds },
    warning: `${oldest.kind} was last listed completely ${Math.round(oldest.hours)} hours ago`,
  };
}
