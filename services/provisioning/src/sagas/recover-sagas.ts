import type { JobRun } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { strandedSagas } from '../store/sagas/saga-lease.ts';
import { causeOf, sagaStepJob } from './saga-step-job.ts';

/** How long a turn may be overdue before its message counts as lost, in milliseconds. */
const overdueMs = 60_000;

/** Enqueues the next turn of every saga whose message was lost or became a dead letter, at most once a minute. */
export async function recoverSagas({ scheduledAt }: Pick<JobRun<unknown>, 'scheduledAt'>, ctx: Context): Promise<void> {
  const at = scheduledAt ?? ctx.clock.now();
  const stranded = await strandedSagas(ctx.db, overdueMs);
  if (stranded.length === 0) return;
  ctx.log.warn(
    { sagas: stranded.map(({ saga_id }) => saga_id) },
    'sagas without a turn for over a minute were enqueued again',
  );
  await ctx.transact(async (tx) => {
    for (const saga of stranded) {
      const cause = causeOf(saga, `recover-${at.epochMilliseconds}`);
      await tx.enqueue(sagaStepJob, { saga_id: saga.saga_id }, { cause });
    }
  });
}
