import { setTimeout as delay } from 'node:timers/promises';
import type { ConsumerInfo, JsMsg } from '@nats-io/jetstream';
import { acknowledge } from '../bus/acknowledge.ts';
import { durableOfQueue } from '../bus/durables.ts';
import { type Intake, openIntake } from '../bus/intake.ts';
import { jobMessage, jobStream, jobSubject } from '../bus/job-message.ts';
import { ensureConsumer } from '../bus/streams.ts';
import { deadLetterOf, describeError } from '../consumers/dead-letter.ts';
import type { Job } from '../kernel/definition.ts';
import { failpoint } from '../kernel/failpoints.ts';
import { isInfrastructureError } from '../kernel/infrastructure-errors.ts';
import { appendEvents } from '../outbox/outbox.ts';
import type { Runtime } from '../runtime.ts';
import { type Call, fail, handOver, isNoFailure, postpone } from './end-attempt.ts';
import { noteProgress, renewLease } from './job-runs.ts';
import { type QueueBatches, queueBatches } from './queue-batches.ts';

export type RunningQueue = {
  readonly queue: string;
  readonly durable: string;
  info(): Promise<ConsumerInfo>;
  /** Creates the consumer again after it has vanished; jobs that run go on. */
  rebuild(): Promise<void>;
  stop(): Promise<void>;
};

/** A worker renews its lease as long as it lives, so the lease need not be as long as the job: it is the time until another goes on when a worker dies. */
const defaults = { concurrency: 2, leaseMs: 8_000 };
/** Out of so many renewals of a lease all but one may be lost. */
const renewalsPerLease = 4;
/** How soon a message whose run another worker has claimed is looked at again: most runs end long before their lease, and until then it occupies a place. */
const lookAgainMs = 5_000;

function leaseOf<DB, Config>(job: Job<DB, Config>, { ctx }: Runtime<DB, Config>): number {
  return (typeof job.leaseMs === 'function' ? job.leaseMs(ctx.config) : job.leaseMs) ?? defaults.leaseMs;
}

/**
 * How long before the end of a lease, in milliseconds, a dead worker's message is redelivered; its claim ends as much earlier
 * again, so that the job is free when the message arrives.
 */
const aheadMs = (leaseMs: number): number => Math.min(500, leaseMs / 8);

/**
 * Starts one queue of jobs: a durable consumer whose limit on unacknowledged messages is the queue's concurrency over all
 * replicas. A message only announces work; the row in job_runs records which worker does it and whether it is done.
 */
export async function startQueue<DB, Config>(
  runtime: Runtime<DB, Config>,
  queue: string,
  jobs: readonly Job<DB, Config>[],
): Promise<RunningQueue> {
  const concurrency = Math.max(...jobs.map((job) => job.concurrency ?? defaults.concurrency));
  const leaseMs = Math.max(...jobs.map((job) => leaseOf(job, runtime)));
  const durable = durableOfQueue(runtime.name, queue, jobs);
  const stopping = new AbortController();
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const subjects = new Set(jobs.map((job) => jobSubject(runtime.name, job.name)));
  const open = async () => {
    const ackWaitMs = leaseMs - aheadMs(leaseMs);
    const info = await ensureConsumer(runtime.bus, { ...durable, ackWaitMs, maxAckPending: concurrency });
    const intake = await openIntake(runtime.bus, info, { ahead: concurrency, ackWaitMs, read: (message) => message });
    const queued = { intake, byName, subjects, concurrency, leaseMs, stopping: stopping.signal, ...batched };
    return { intake, finished: work(runtime, queued) };
  };
  const batched = queueBatches(runtime, concurrency, stopping.signal);
  let current = await open();
  const former: Promise<void>[] = [];
  return {
    queue,
    durable: durable.durable,
    info: () => runtime.bus.jsm.consumers.info(jobStream, durable.durable),
    async rebuild() {
      await current.intake.stop();
      former.push(current.finished);
      current = await open();
    },
    async stop() {
      stopping.abort();
      await current.intake.stop();
      await Promise.all([...former, current.finished]);
    },
  };
}

type Queue<DB, Config> = {
  intake: Intake<JsMsg>;
  byName: ReadonlyMap<string, Job<DB, Config>>;
  /** The subjects of its jobs; it skips messages on others. */
  subjects: ReadonlySet<string>;
  concurrency: number;
  leaseMs: number;
  stopping: AbortSignal;
} & QueueBatches;

async function work<DB, Config>(runtime: Runtime<DB, Config>, queue: Queue<DB, Config>): Promise<void> {
  const running = new Set<Promise<void>>();
  for (;;) {
    while (running.size >= queue.concurrency) await Promise.race(running);
    const taken = await queue.intake.take(1);
    if (taken === null) break;
    for (const message of taken) {
      if (!queue.subjects.has(message.subject)) {
        message.ack();
        continue;
      }
      const done = runtime.activity
        .during(() => runUntilSettled(runtime, queue, message))
        .catch((error: unknown) =>
          runtime.ctx.log.error(
            { err: error },
            'the outcome of a job could not be recorded; the job will be redelivered',
          ),
        )
        .finally(() => running.delete(done));
      running.add(done);
    }
  }
  await Promise.allSettled(running);
}

/** Waits out infrastructure failures before and after a job; `postpone` handles those inside it. Neither uses up an attempt. */
async function runUntilSettled<DB, Config>(
  runtime: Runtime<DB, Config>,
  queue: Queue<DB, Config>,
  message: JsMsg,
): Promise<void> {
  const heartbeat = setInterval(() => message.working(), queue.leaseMs / renewalsPerLease);
  try {
    for (let pauseMs = 50; ; pauseMs = Math.min(5_000, pauseMs * 2)) {
      try {
        await runMessage(runtime, queue, message);
        return;
      } catch (error) {
        if (queue.stopping.aborted || !isInfrastructureError(error)) throw error;
        runtime.ctx.log.warn({ err: error, pauseMs }, 'a job is waiting for the database');
        await delay(pauseMs);
      }
    }
  } finally {
    clearInterval(heartbeat);
  }
}

async function runMessage<DB, Config>(
  runtime: Runtime<DB, Config>,
  queue: Queue<DB, Config>,
  message: JsMsg,
): Promise<void> {
  const calls = readCalls(queue.byName, message);
  if (calls instanceof Error) return await parkUnreadable(runtime, message, calls);
  const parent = message.headers?.get('traceparent') || null;
  for (const { job, call } of calls) {
    const attributes = { 'arcadia.job.key': call.run.key, 'arcadia.job.cause': call.run.cause };
    const span = { kind: 'consumer', parent, attributes } as const;
    const settled = await runtime.tracing.span(`job ${job.name}`, span, () => runCall(runtime, queue, job, call));
    if (settled !== 'settled') {
      message.nak(settled.retryInMs);
      return;
    }
  }
  await queue.acknowledge(message);
}

/** The runs that a message asks for. For a tick without an input the schedule gives the inputs, possibly of several runs. */
function readCalls<DB, Config>(
  byName: ReadonlyMap<string, Job<DB, Config>>,
  message: JsMsg,
): { job: Job<DB, Config>; call: Call }[] | Error {
  try {
    const content = jobMessage.parse(message.json());
    const job = byName.get(content.name);
    if (job === undefined) throw new Error(`this queue has no job ${content.name}`);
    const scheduledAt = content.scheduled_at === null ? null : Temporal.Instant.from(content.scheduled_at);
    const given = content.input ?? (scheduledAt === null ? undefined : job.schedule?.input(scheduledAt));
    const inputs = content.input === undefined && Array.isArray(given) ? given : [given];
    return inputs.map((raw) => {
      const input = job.input.parse(raw);
      const run = { name: content.name, key: job.key(input), cause: content.cause };
      return { job, call: { message, content: { ...content, key: run.key, input: raw }, run, input, scheduledAt } };
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function runCall<DB, Config>(
  runtime: Runtime<DB, Config>,
  queue: Queue<DB, Config>,
  job: Job<DB, Config>,
  call: Call,
): Promise<'settled' | { retryInMs: number }> {
  const worker = runtime.ctx.instanceId;
  const leaseMs = leaseOf(job, runtime);
  const claimMs = leaseMs - 2 * aheadMs(leaseMs);
  const claim = await queue.claim({
    ...call.run,
    leaseMs: claimMs,
    message: call.content,
    scheduledAt: call.content.scheduled_at,
  });
  if (claim.kind === 'settled') return 'settled';
  if (claim.kind === 'held') return { retryInMs: Math.min(claim.retryInMs, leaseMs, lookAgainMs) };
  const waitedMs = runtime.ctx.wallClock.now().epochMilliseconds - call.message.time.getTime();
  runtime.metrics.seconds('arcadia_job_late_seconds', { job_name: job.name }, Math.max(0, waitedMs) / 1_000);

  const lost = new AbortController();
  const renewal = setInterval(() => {
    renewLease(runtime.db, call.run, worker, claimMs).then(
      (isHeld) => isHeld || lost.abort(new Error('the lease was lost')),
      () => undefined, // the database is unreachable; the lease has time left
    );
  }, leaseMs / renewalsPerLease);
  try {
    await failpoint('job.claimed');
    const startedMs = performance.now();
    await job.run(
      {
        input: call.input,
        scheduledAt: call.scheduledAt,
        signal: AbortSignal.any([lost.signal, queue.stopping]),
        attempt: claim.attempt,
        cause: call.run.cause,
        progress: (state) => noteProgress(runtime.db, call.run, state),
      },
      runtime.ctx,
    );
    runtime.metrics.time('arcadia_job_seconds', { job_name: job.name }, startedMs);
    await failpoint('job.ran');
    await queue.done(call.run);
    runtime.metrics.count('arcadia_jobs_total', { job_name: job.name, outcome: 'done' });
    return 'settled';
  } catch (error) {
    if (queue.stopping.aborted) return await handOver(runtime, call, claim.attempt);
    if (isNoFailure(error)) await postpone(runtime, job, call, { attempt: claim.attempt, error });
    else await fail(runtime, job, call, { attempt: claim.attempt, error });
    return 'settled';
  } finally {
    clearInterval(renewal);
  }
}

async function parkUnreadable<DB, Config>(runtime: Runtime<DB, Config>, message: JsMsg, error: Error): Promise<void> {
  runtime.ctx.log.error(
    { err: error, seq: message.seq, subject: message.subject },
    'a job message cannot be read and was parked',
  );
  const why = { consumer: 'jobs', fault: 'invalid-data', detail: describeError(error), attempts: 1 };
  await runtime.db.transaction().execute(async (trx) => {
    await appendEvents(trx, [deadLetterOf(message, { service: runtime.name, now: runtime.ctx.clock.now(), ...why })]);
  });
  runtime.publisher.wake();
  await acknowledge(runtime.bus, [message], () => false);
}
