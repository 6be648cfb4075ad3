import type { ServiceContext } from '@arcadia/platform';
import type { Config } from './config.ts';
import { causeOf, sagaStep } from './saga-step-job.ts';
import { strandedSagas } from './store/saga-lease.ts';
import type { Schema } from './store/schema.ts';

/** How long a turn may be overdue before its message is taken for lost, in milliseconds. */
const overdueMs = 60_000;

/** Every saga reaches its end: one whose message was lost or parked is asked for again, at most once a minute. */
export async function recoverSagas(ctx: ServiceContext<Schema, Config>, scheduledAt: Temporal.Instant): Promise<void> {
  const stranded = await strandedSagas(ctx.db, overdueMs);
  if (stranded.length === 0) return;
  ctx.log.warn({ sagas: stranded.map(({ saga_id }) => saga_id) }, 'sagas had been left alone and are taken up again');
  await ctx.transact(async (tx) => {
    for (const saga of stranded) {
      const status = saga.status as 'running';
      const cause = causeOf({ ...saga, status }, `recover-${scheduledAt.epochMilliseconds}`);
      await tx.enqueue(sagaStep, { saga_id: saga.saga_id }, { cause });
    }
  });
}
