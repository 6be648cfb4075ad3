import { eventId, type ServiceName } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { traceHeaders } from '../kernel/tracing.ts';
import { faultsOf, type LoggedEvent } from './message.ts';

export const jobStream = 'JOBS';
export const jobEventType = 'job.asked';

/** The payload of a job message. `input` may be absent for a scheduled tick: the worker then makes it from `scheduled_at`. */
export const jobMessage = z.object({
  name: z.string(),
  key: z.string().nullable(),
  cause: z.string(),
  input: z.unknown().optional(),
  scheduled_at: z.string().nullable(),
  attempt: z.int().min(1),
  /** How often this attempt was postponed because the infrastructure failed or the work was not possible yet. */
  postponed: z.int().min(1).optional(),
});
export type JobMessage = z.infer<typeof jobMessage>;

export const jobSubject = (service: string, job: string): string => `job.${service}.${job}`;

/**
 * Name, input key and cause; a retry adds its attempt and how often that was postponed, so that the server does not treat it as
 * a duplicate.
 */
export function jobIdText(message: Pick<JobMessage, 'name' | 'key' | 'cause' | 'attempt' | 'postponed'>): string {
  const attempt = message.attempt > 1 ? `#${message.attempt}` : '';
  const postponed = message.postponed === undefined ? '' : `~${message.postponed}`;
  return `${message.name}${message.key === null ? '' : `:${message.key}`}@${message.cause}${attempt}${postponed}`;
}

type Encodable = { readonly name: string; readonly input: z.ZodType; key(input: unknown): string };

/**
 * The message of a job of this service.
 * @throws when the input does not match the schema of the job
 */
export function encodeJob(
  service: ServiceName,
  job: Encodable,
  options: {
    input: unknown;
    cause: string;
    scheduledAt: Temporal.Instant | null;
    attempt: number;
    now: Temporal.Instant;
  },
): LoggedEvent {
  const parsed = job.input.safeParse(options.input);
  if (!parsed.success) throw new Error(`job ${job.name} cannot be enqueued: ${faultsOf(parsed.error)}`);
  const message: JobMessage = {
    name: job.name,
    key: job.key(parsed.data),
    cause: options.cause,
    input: options.input,
    scheduled_at: options.scheduledAt?.toString() ?? null,
    attempt: options.attempt,
  };
  return jobEvent(service, message, options.now);
}

export function jobEvent(service: string, message: JobMessage, now: Temporal.Instant): LoggedEvent {
  const idText = jobIdText(message);
  return {
    id: eventId(jobSubject(service, message.name), idText),
    stream: jobStream,
    type: jobEventType,
    version: 1,
    subject: jobSubject(service, message.name),
    occurredAt: now.toString(),
    part: null,
    parts: null,
    headers: traceHeaders(),
    payload: JSON.stringify(message),
  };
}

/**
 * Stores a job message until it is due: at an instant of the service's clock (`runAt`) or after real time (`delayMs`). Of the
 * messages with the same `slot` one waits for each of the two clocks, the one that is due first; by default a message has a slot of its
 * own. A job for a certain instant begins a trace of its own; one that only waits belongs to the trace that it follows from.
 */
export async function delayJob<DB>(
  db: Kysely<DB>,
  event: LoggedEvent,
  when: { runAt?: Temporal.Instant; delayMs?: number; slot?: string },
): Promise<void> {
  const clock = when.delayMs === undefined ? '' : ' in real time';
  const id = when.slot === undefined ? event.id : eventId(event.subject, `pending${clock} ${when.slot}`);
  const due =
    when.delayMs === undefined
      ? sql`${when.runAt?.toString()}::timestamptz`
      : sql`clock_timestamp() + make_interval(secs => ${when.delayMs / 1000})`;
  await sql`
    INSERT INTO job_delays (id, due_at, is_wall, event)
    VALUES (${id}, ${due}, ${when.delayMs !== undefined}, ${JSON.stringify(when.runAt === undefined ? event : { ...event, headers: null })})
    ON CONFLICT (id) DO UPDATE SET due_at = excluded.due_at
    WHERE job_delays.is_wall = excluded.is_wall AND excluded.due_at < job_delays.due_at`.execute(db);
}
