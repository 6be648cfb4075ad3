import { setTimeout as delay } from 'node:timers/promises';
import { defineRequest, type RequestContract, type ServiceName, serviceActor, streams } from '@arcadia/contracts';
import { z } from 'zod';
import { type JobMessage, jobEvent, jobStream } from '../bus/job-message.ts';
import { messageHeaders } from '../bus/message.ts';
import type { Bus } from '../bus/nats.ts';
import { publishInOrder } from '../bus/publish.ts';
import { sendRequest } from '../requests/request.ts';

export type TriggerOptions = {
  /** The tick that the job is triggered for; triggering the same tick twice runs it once. */
  scheduledAt: Temporal.Instant;
  /** By default the input that the job's schedule gives for this tick. */
  input?: unknown;
  /** By default the scheduled time. */
  cause?: string;
};

/** Publishes a job at once, as its schedule would; used by the time-lapse player and by tests. */
export async function triggerJob(bus: Bus, service: ServiceName, job: string, options: TriggerOptions): Promise<void> {
  const at = options.scheduledAt.toString();
  const message: JobMessage = {
    name: job,
    // The worker derives the real key; with the cause, this text only distinguishes messages.
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

/** The request, answered by every service with a database, for the state of the runs of one job and cause. */
export const jobRunsRequest = (service: ServiceName) =>
  defineRequest({
    name: 'jobs.runs',
    service,
    summary: 'Get the state of the runs of one job for one cause.',
    effect: 'read',
    roles: ['platform_admin'],
    input: z.object({ job: z.string(), cause: z.string() }),
    output: z.object({
      runs: z.array(z.object({ key: z.string(), state: z.string(), attempt: z.int(), error: z.string().nullable() })),
    }),
    refusals: [],
  }) satisfies RequestContract;

/** A triggered job was parked or did not finish in time. */
export class JobFailed extends Error {
  override name = 'JobFailed';
}

/**
 * Waits until every run of a triggered job is done, at most `timeoutMs` (30,000).
 * @throws JobFailed when one is parked, or when the time is over
 */
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

/** The stream that stores messages of a subject; null if no stream does. */
export function streamOf(subject: string): string | null {
  const noun = (pattern: string) => pattern.slice(0, -1);
  const found = Object.entries(streams).find(([, stream]) =>
    stream.subjects.some((pattern) => subject.startsWith(noun(pattern))),
  );
  return found === undefined ? null : found[0];
}
