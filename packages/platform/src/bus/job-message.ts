import { eventId, type ServiceName } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
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
});
export type JobMessage = z.infer<typeof jobMessage>;

export const jobSubject = (service: string, job: string): string => `job.${service}.${job}`;

/** Name, input key and cause; a retry adds its attempt, so that the server does not treat it as a duplicate. */
export function jobIdText(message: Pick<JobMessage, 'name' | 'key' | 'cause' | 'attempt'>): string {
  const attempt = message.attempt > 1 ? `#${message.attempt}` : '';
  return `${message.name}${message.key === null ? '' : `:${message.key}`}@${message.cause}${attempt}`;
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
    headers: null,
    payload: JSON.stringify(message),
  };
}

/** Stores a job message until it is due: at an instant of the service's clock (`runAt`) or after real time (`delayMs`). */
export async function delayJob<DB>(
  db: Kysely<DB>,
  event: LoggedEvent,
  when: { runAt?: Temporal.Instant; delayMs?: number },
): Promise<void> {
  const due =
    when.delayMs === undefined
      ? sql`${when.runAt?.toString()}::timestamptz`
      : sql`clock_timestamp() + make_interval(secs => ${when.delayMs / 1000})`;
  await sql`
    INSERT INTO job_delays (id, due_at, is_wall, event)
    VALUES (${event.id}, ${due}, ${when.delayMs !== undefined}, ${JSON.stringify(event)})
    ON CONFLICT (id) DO NOTHING`.execute(db);
}
