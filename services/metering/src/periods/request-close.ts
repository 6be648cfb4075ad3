import { type metering, periodInterval, refuse } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import type { Tables } from '../store/schema.ts';
import { closePeriod, inventoryHandled } from './close-period.ts';
import { viewOf } from './show-periods.ts';

type Request = CommandRequest<typeof metering.closePeriod, Tables> & { resolved: number };

/** How far the inventory's messages are handled, looked up before the close holds any lock. */
export const resolveHandledThrough = (_request: unknown, ctx: Context): Promise<number> => inventoryHandled(ctx);

/** Closes a period because an operator requests it. */
export async function requestClose({ input, actor, tx, resolved: handledThrough }: Request, ctx: CommandContext) {
  const { period } = input;
  const { end } = periodInterval(period);
  if (Temporal.Instant.compare(ctx.clock.now(), end) < 0) {
    return refuse('period-not-ended', `Period ${period} can be closed from ${end.toString()} on.`);
  }
  const { missing } = await closePeriod(tx, ctx, {
    period,
    by: actor.subject,
    acceptMissing: input.accept_missing,
    force: input.force,
    handledThrough,
  });
  if (missing.length > 0) {
    return refuse(
      'period-incomplete',
      `Period ${period} cannot be closed: ${missing.join('; ')}. Send accept_missing to close it anyway; the gap is recorded.`,
      { missing },
    );
  }
  return viewOf(tx.sql, period);
}
