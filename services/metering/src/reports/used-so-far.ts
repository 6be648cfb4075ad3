import { Decimal, type Period, periodInterval } from '@arcadia/contracts';
import type { Context, Tx } from '../context.ts';
import { hardCapOf } from '../domain/subscriptions/included.ts';
import { bringStatesUpToDate } from '../observations/bring-states-up-to-date.ts';
import { hasUnderived } from '../store/observations/derive-states.ts';
import { lockCap, usedForCap } from '../store/reports/cap-usage.ts';
import { termsInForce } from '../store/subscriptions/terms.ts';
import { windowsWithoutFacts } from '../usage/windows-without-facts.ts';

/** Usage of a kind by a deployment in a period up to now, observed and reported. */
export async function usedSoFar(
  tx: Tx,
  { now, ...capped }: { deployment: string; kind: string; period: Period; now: Temporal.Instant },
): Promise<Decimal> {
  await lockCap(tx.sql, capped);
  const { start, end } = periodInterval(capped.period);
  const range = { from: start, to: Temporal.Instant.compare(now, end) < 0 ? now : end, now };
  const live = await windowsWithoutFacts(tx.sql, { ...range, kind: capped.kind });
  return new Decimal(await usedForCap(tx.sql, { ...capped, live }));
}

/** Derives the states from observations that came since, if any of these reports is about a kind with a hard cap. */
export async function deriveForCaps(
  ctx: Context,
  reports: readonly { deployment_id: string; kind: string }[],
): Promise<void> {
  const deployments = [...new Set(reports.map(({ deployment_id }) => deployment_id))];
  const terms = await termsInForce(ctx.db, deployments, ctx.clock.now());
  const isCapped = reports.some(({ deployment_id, kind }) => {
    const found = terms.get(deployment_id);
    return found !== undefined && hardCapOf(found, kind) !== null;
  });
  if (isCapped && (await hasUnderived(ctx.db))) await bringStatesUpToDate(ctx);
}
