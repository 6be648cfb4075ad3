import type { EventContract } from '@arcadia/contracts';
import type { Received } from '@arcadia/platform';
import type { Context } from '../context.ts';

/** Reads events of a stream. An unreadable message throws, except where hashes show what is missing. */
export async function* readEvents<Contract extends EventContract>(
  ctx: Context,
  contracts: readonly Contract[],
  { isHashed = false, ...options }: { subjects: readonly string[]; signal: AbortSignal; isHashed?: boolean },
): AsyncGenerator<Received<Contract>> {
  for await (const { events, unreadable } of ctx.replay(contracts, options)) {
    const [first] = unreadable;
    if (first !== undefined && !isHashed)
      throw new Error(`The message at ${first.stream}:${first.seq} cannot be read: ${first.detail}`);
    yield* events;
  }
}
