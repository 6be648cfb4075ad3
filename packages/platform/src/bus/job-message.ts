import { eventId, type ServiceName } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import { z } from 'zod';
import { faultsOf, type LoggedEvent } from './message.ts';

export const jobStream = 'JOBS';
export const jobEventType = 'job.asked';

/** What a job message holds. `input` may be left out for a scheduled tick: the worker then makes it from `scheduled_at`. */
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

/** Name, input key and cause; a retry adds its attempt, so that the server does not take it for a repetition. */
export function jobIdText(message: Pick<JobMessage, 'name' | 'key' | 'cause' | 'attempt'>): string {
  const attempt = message.attempt > 1 ? `#${message.attempt}` : '';
  return `${message.name}${message.key === null ? '' : `:${message.key}`}@${message.cause}${attempt}`;
}

type Encodable = { readonly name: string; readonly input: z.ZodType; key(input: unknown): string };

export function encodeJob(
  service: ServiceName,
  job: Encodable,
  ask: { input: unknown; cause: string; scheduledAt: Temporal.Instant | null; attempt: number; now: Temporal.Instant },
): LoggedEvent {
  const parsed = job.input.safeParse(ask.input);
  if (!parsed.success) throw new Error(`job ${job.name} cannot be enqueued: ${faultsOf(parsed.error)}`);
  const message: JobMessage = {
    name: job.name,
    key: job.key(parsed.data),
    cause: ask.cause,
    input: ask.input,
    scheduled_at: ask.scheduledAt?.toString() ?? null,
    attempt: ask.attempt,
  };
  return jobEvent(service, message, ask.now);
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

/** Keep a job message back until it is due: on the service's clock (`runAt`) or on the wall (`delayMs`). */
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
