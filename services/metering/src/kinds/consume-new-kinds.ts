import { inventorySync } from '@arcadia/contracts';
import type { JobRun } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { consumeAgain } from '../observations/consume-inventory.ts';

type Run = Pick<JobRun<{ resource_kinds: string[] }>, 'input' | 'signal' | 'progress'>;

/**
 * Consumes the observations of resource kinds again from the start of the stream: an earlier version, which did not meter them or
 * knew fewer of their billing kinds, kept none of it, and the inventory publishes a state that does not change only once a month.
 */
export async function consumeNewKinds(ctx: Context, { input, signal, progress }: Run): Promise<void> {
  let observations = 0;
  for await (const { events } of ctx.replay([inventorySync.resourceObserved], { signal })) {
    const own = events.filter(({ data }) => input.resource_kinds.includes(data.kind));
    if (own.length > 0) await ctx.transact((tx) => consumeAgain(own, tx));
    observations += own.length;
    await progress({ observations });
  }
  ctx.log.info({ kinds: input.resource_kinds, observations }, 'the observations of new kinds are consumed again');
}
