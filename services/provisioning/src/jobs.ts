import { z } from 'zod';
import { followStanding } from './billing-standing/apply-standing.ts';
import { followStandingJob } from './billing-standing/follow-standing-job.ts';
import { suspendOverdue } from './billing-standing/suspend-overdue.ts';
import { job } from './context.ts';
import { removeOrphans } from './orphans/remove-orphans.ts';
import { recoverSagas } from './sagas/recover-sagas.ts';
import { runSagaStep } from './sagas/run-saga-step.ts';
import { sagaStepJob } from './sagas/saga-step-job.ts';

export const jobs = [
  job({
    ...sagaStepJob,
    queue: 'sagas',
    concurrency: 5,
    // A step that takes longer renews its lease. When a worker dies, its message is delivered again after this time.
    leaseMs: ({ sagaLeaseMs }) => sagaLeaseMs,
    run: runSagaStep,
  }),
  job({
    name: 'recover-sagas',
    input: z.object({}),
    key: () => 'all',
    schedule: { cron: '* * * * *', input: () => ({}), catchUp: 'none' },
    run: recoverSagas,
  }),
  job({
    name: 'remove-orphans',
    input: z.object({}),
    key: () => 'all',
    concurrency: 1,
    schedule: { cron: '*/5 * * * *', input: () => ({}), catchUp: 'none' },
    run: removeOrphans,
  }),
  job({ ...followStandingJob, run: followStanding }),
  job({
    name: 'suspend-overdue',
    input: z.object({}),
    key: () => 'all',
    schedule: { cron: '50 4 * * *', input: () => ({}), catchUp: 'newest' },
    run: suspendOverdue,
  }),
];
