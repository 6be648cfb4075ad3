import { refuse, requeueJobRequest } from '@arcadia/contracts';
import { jobEvent } from '../bus/job-message.ts';
import { forService } from '../kernel/declare.ts';
import type { Answer } from '../kernel/definition.ts';
import { appendEvents } from '../outbox/outbox.ts';
import type { Runtime } from '../runtime.ts';
import { reviveRun, runsOf } from './job-runs.ts';
import { jobRunsRequest } from './trigger.ts';

/** The requests about jobs, which every service with a database answers. */
export function jobAnswers<DB, Config>(runtime: Runtime<DB, Config>): Answer<DB, Config>[] {
  const { answer } = forService<DB, Config>();
  return [
    answer(jobRunsRequest(runtime.name), async ({ input }) => ({
      runs: await runsOf(runtime.db, input.job, input.cause),
    })),
    answer(requeueJobRequest(runtime.name), async ({ input, tx }) => {
      const run = { name: input.job, key: input.key, cause: input.cause };
      const revived = await reviveRun(tx.sql, run);
      if (revived === null) return refuse('not-found', `no parked job ${run.name} ${run.key} at ${run.cause}`);
      const message = { ...run, input: revived.input, scheduled_at: revived.scheduledAt, attempt: revived.attempt };
      await appendEvents(tx.sql, [jobEvent(runtime.name, message, runtime.ctx.clock.now())]);
      return { attempt: revived.attempt };
    }),
  ];
}
