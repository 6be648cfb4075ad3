import type { JsMsg } from '@nats-io/jetstream';
import { type Kysely, sql } from 'kysely';
import { delayJob, type JobMessage, jobEvent } from '../bus/job-message.ts';
import { deadLetterOf, describeError } from '../consumers/dead-letter.ts';
import type { Job } from '../kernel/definition.ts';
import { isInfrastructureError } from '../kernel/infrastructure-errors.ts';
import { appendEvents } from '../outbox/outbox.ts';
import type { Runtime } from '../runtime.ts';
import { type RunKey, settleRun } from './job-runs.ts';
import { NotDueYet } from './not-due-yet.ts';

/** One run of a job as a message asks for it. */
export type Call = {
  message: JsMsg;
  content: JobMessage;
  run: RunKey;
  input: unknown;
  scheduledAt: Temporal.Instant | null;
};

type Ended = { attempt: number; error: unknown };

const defaultMaxAttempts = 5;
/** A job waits no longer than this after a failure of the infrastructure, so that it goes on soon after that is over. */
const longestPauseMs = 5_000;
/** A run that was already postponed once looks again after this real time, even if another replica's clock is ahead. */
const lookAgainMs = 60_000;

function defaultRetryDelayMs(attempt: number): number {
  return Math.min(5 * 60_000, 1_000 * 2 ** (attempt - 2));
}

/** True for an error that is no fault of the job: the infrastructure failed, or the work is not possible yet. */
export const isNoFailure = (error: unknown): boolean => error instanceof NotDueYet || isInfrastructureError(error);

/** A stop is not a failure: the lease ends and the message is returned, so that another replica takes over at once. */
export async function handOver<DB, Config>(
  runtime: Runtime<DB, Config>,
  call: Call,
  attempt: number,
): Promise<{ retryInMs: number }> {
  await settleRun(runtime.db, call.run, { worker: runtime.ctx.instanceId, state: 'waiting', attempt, error: null });
  return { retryInMs: 0 };
}

/**
 * Schedules the same attempt again as a new message, however often: an outage lasts as long as it lasts. A tick for which only
 * the newest counts ends here once a newer one is recorded, so that an outage leaves one run of the job and not one per tick.
 */
export async function postpone<DB, Config>(
  runtime: Runtime<DB, Config>,
  job: Job<DB, Config>,
  call: Call,
  { attempt, error }: Ended,
): Promise<void> {
  const worker = runtime.ctx.instanceId;
  const text = describeError(error);
  const postponed = (call.content.postponed ?? 0) + 1;
  const about = { err: error, job: job.name, key: call.run.key, cause: call.run.cause, attempt, postponed };
  runtime.ctx.log.warn(about, 'a job could not be done yet; it will be tried again and no attempt is counted');
  runtime.metrics.count('arcadia_jobs_total', { job_name: job.name, outcome: 'postponed' });
  await runtime.db.transaction().execute(async (trx) => {
    if (await isReplaced(trx, job, call)) {
      await settleRun(trx, call.run, { worker, state: 'done', attempt, error: `replaced by a newer tick. ${text}` });
      return;
    }
    if (!(await settleRun(trx, call.run, { worker, state: 'waiting', attempt, error: text }))) return;
    const event = jobEvent(runtime.name, { ...call.content, attempt, postponed }, runtime.ctx.clock.now());
    await delayJob(trx, event, dueOf(job, error, postponed));
  });
  runtime.publisher.wake();
}

function dueOf<DB, Config>(
  job: Job<DB, Config>,
  error: unknown,
  postponed: number,
): { runAt: Temporal.Instant } | { delayMs: number } {
  if (!(error instanceof NotDueYet)) return { delayMs: pauseMs(job, postponed) };
  return postponed === 1 ? { runAt: error.until } : { delayMs: lookAgainMs };
}

/** How long a job waits after a failure of the infrastructure. */
export const pauseMs = (job: Pick<Job<never, never>, 'retryDelayMs'>, postponed: number): number =>
  Math.min((job.retryDelayMs ?? defaultRetryDelayMs)(postponed + 1), longestPauseMs);

async function isReplaced<DB, Config>(trx: Kysely<DB>, job: Job<DB, Config>, call: Call): Promise<boolean> {
  if (call.scheduledAt === null || job.schedule === undefined || job.schedule.catchUp === 'all') return false;
  const newer = await sql`
    SELECT 1 FROM schedules WHERE job = ${job.name} AND last_scheduled_at > ${call.scheduledAt.toString()}`.execute(
    trx,
  );
  return newer.rows.length > 0;
}

/** Schedules the next attempt as a new message, or parks the job after its last attempt, in one transaction. */
export async function fail<DB, Config>(
  runtime: Runtime<DB, Config>,
  job: Job<DB, Config>,
  call: Call,
  { attempt, error }: Ended,
): Promise<void> {
  const worker = runtime.ctx.instanceId;
  const text = describeError(error);
  const isLast = attempt >= (job.maxAttempts ?? defaultMaxAttempts);
  const about = { err: error, job: job.name, key: call.run.key, cause: call.run.cause, attempt };
  if (isLast) runtime.ctx.log.error(about, 'a job failed for the last time and was parked');
  else runtime.ctx.log.warn(about, 'a job failed; it will be retried');
  runtime.metrics.count('arcadia_jobs_total', { job_name: job.name, outcome: isLast ? 'parked' : 'failed' });
  await runtime.db.transaction().execute(async (trx) => {
    const next = isLast ? attempt : attempt + 1;
    const isHeld = await settleRun(trx, call.run, {
      worker,
      state: isLast ? 'dead' : 'waiting',
      attempt: next,
      error: text,
    });
    if (!isHeld) return;
    if (isLast) {
      const why = { consumer: `job-${job.name}`, fault: 'job-failed', detail: text, attempts: attempt };
      const now = runtime.ctx.clock.now();
      await appendEvents(trx, [deadLetterOf(call.message, { service: runtime.name, now, ...why })]);
    } else {
      const { postponed: _, ...content } = call.content;
      const event = jobEvent(runtime.name, { ...content, attempt: next }, runtime.ctx.clock.now());
      await delayJob(trx, event, { delayMs: (job.retryDelayMs ?? defaultRetryDelayMs)(next) });
    }
  });
  runtime.publisher.wake();
}
