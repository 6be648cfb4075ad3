import type { Context } from '../context.ts';

/** How long, in milliseconds of real time, until what is due already is looked at again: another run has taken the places for it. */
const lookAgainMs = 1_000;

/** Enqueues a job that sends what is due for the time of the next attempt; null: nothing waits. */
export async function enqueueNext(
  ctx: Context,
  job: 'deliver-webhooks' | 'deliver-mails' | 'run-exports',
  due: string | null,
): Promise<void> {
  if (due === null) return;
  const isDue = Temporal.Instant.compare(due, ctx.clock.now()) <= 0;
  const when = isDue ? { delayMs: lookAgainMs } : { runAt: Temporal.Instant.from(due) };
  await ctx.transact((tx) => tx.enqueue(job, {}, { ...when, onlyOnePending: true }));
}
