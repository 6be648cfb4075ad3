import { type Actor, type metering, periodInterval, type RequestInput, refuse } from '@arcadia/contracts';
import { closePeriod, inventoryHandled } from './close-period.ts';
import type { MeteringContext, MeteringTx } from './context.ts';
import { viewOf } from './show-periods.ts';

type Asked = { input: RequestInput<typeof metering.closePeriod>; actor: Actor; tx: MeteringTx };

/** A close by hand. */
export async function askToClose({ input, actor, tx }: Asked, ctx: MeteringContext) {
  const { period } = input;
  const { end } = periodInterval(period);
  if (Temporal.Instant.compare(ctx.clock.now(), end) < 0) {
    return refuse('period-not-ended', `period ${period} can be closed from ${end.toString()} on`);
  }
  const { missing } = await closePeriod(tx, ctx, {
    period,
    by: actor.subject,
    acceptMissing: input.accept_missing,
    force: input.force,
    handledThrough: await inventoryHandled(ctx, tx.sql),
  });
  if (missing.length > 0) {
    return refuse(
      'period-incomplete',
      `period ${period} cannot be closed: ${missing.join('; ')}. Give accept_missing to close it all the same; that is recorded.`,
      { missing },
    );
  }
  return viewOf(tx.sql, period);
}
