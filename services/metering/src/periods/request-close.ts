import { type metering, periodInterval, refuse } from '@arcadia/contracts';
import type { CommandRequest } from '@arcadia/platform';
import type { CommandContext, Context } from '../context.ts';
import type { InventoryState } from '../domain/periods/closing.ts';
import type { Tables } from '../store/schema.ts';
import { closePeriod, inventoryState } from './close-period.ts';
import { viewOf } from './show-periods.ts';

type Request = CommandRequest<typeof metering.closePeriod, Tables> & { resolved: InventoryState };

/** How far the inventory's messages are handled, looked up before the close holds any lock. */
export const resolveInventory = (_request: unknown, ctx: Context): Promise<InventoryState> => inventoryState(ctx);

/** Closes a period because an operator requests it. */
export async function requestClose({ input, actor, tx, resolved: inventory }: Request, ctx: CommandContext) {
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
    inventory,
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
