import { setTimeout as delay } from 'node:timers/promises';
import { defineRequest, type RequestContract, type ServiceName, serviceActor, streams } from '@arcadia/contracts';
import { z } from 'zod';
import { type JobMessage, jobEvent, jobStream } from '../bus/job-message.ts';
import { messageHeaders } from '../bus/message.ts';
import type { Bus } from '../bus/nats.ts';
import { publishInOrder } from '../bus/publish.ts';
import { sendRequest } from '../requests/request.ts';

export type TriggerOptions = {
  /** The tick it stands for; the same tick again is a repetition. */
  scheduledAt: Temporal.Instant;
  /** Left out: what the job's schedule asks for at that tick. */
  input?: unknown;
  /** Left out: the scheduled time. */
  cause?: string;
};

/** Publish a job at once, as a tick would: used by the time-lapse player and by hand. */
export async function triggerJob(bus: Bus, service: ServiceName, job: string, options: TriggerOptions): Promise<void> {
  const at = options.scheduledAt.toString();
  const message: JobMessage = {
    name: job,
    // The worker derives the key; the cause alone tells this message from others of its kind.
    key: options.input === undefined ? null : JSON.stringify(options.input),
    cause: options.cause ?? at,
    scheduled_at: at,
    attempt: 1,
    ...(options.input === undefined ? {} : { input: options.input }),
  };
  const event = jobEvent(service, message, options.scheduledAt);
  const headers = messageHeaders(event, service);
  await publishInOrder(bus, jobStream, [{ subject: event.subject, payload: event.payload, headers }]);
}

/** Reply by every service with a database: where the runs of one job and cause stand. */
export const jobRunsRequest = (service: ServiceName) =>
  defineRequest({
    name: 'jobs.runs',
    service,
    summary: 'Where the runs of one job, for one cause, stand.',
    effect: 'read',
    roles: ['platform_admin'],
    input: z.object({ job: z.string(), cause: z.string() }),
    output: z.object({
      runs: z.array(z.object({ key: z.string(), state: z.string(), attempt: z.int(), error: z.string().nullable() })),
    }),
    refusals: [],
  }) satisfies RequestContract;

export class JobFailed extends Error {
  override name = 'JobFailed';
}

/** Wait until every run of a triggered job is done; throws JobFailed when one is parked, or when the time is over. */
export async function awaitJob(
  bus: Bus,
  service: ServiceName,
  job: string,
  options: { scheduledAt: Temporal.Instant; cause?: string; timeoutMs?: number },
): Promise<void> {
  const cause = options.cause ?? options.scheduledAt.toString();
  const deadline = Date.now() + (options.timeoutMs ?? 30_000);
  for (;;) {
    const answer = await sendRequest(bus, jobRunsRequest(service), { job, cause }, { actor: serviceActor('player') });
    const runs = 'runs' in answer ? (answer.runs as { key: string; state: string; error: string | null }[]) : [];
    const dead = runs.find((run) => run.state === 'dead');
    if (dead !== undefined)
      throw new JobFailed(`job ${job} of ${service} (${dead.key} at ${cause}) failed: ${dead.error ?? ''}`);
    if (runs.length > 0 && runs.every((run) => run.state === 'done')) return;
    if (Date.now() > deadline) throw new JobFailed(`job ${job} of ${service} at ${cause} did not finish in time`);
    await delay(10);
  }
}

/** The streams a message of this subject can lie in, for readers that only know the subject. */
export function streamOf(subject: string): string | null {
  const noun = (pattern: string) => pattern.slice(0, -1);
  const found = Object.entries(streams).find(([, stream]) =>
    stream.subjects.some((pattern) => subject.startsWith(noun(pattern))),
  );
  return found === undefined ? null : found[0];
}
