import { sql } from 'kysely';
import { deadStream } from '../consumers/dead-letter.ts';
import type { HealthFact, Job } from '../kernel/definition.ts';
import type { Runtime } from '../runtime.ts';
import type { RunningQueue } from './job-worker.ts';
import { nextTick } from './schedule.ts';

/** A tick that was due longer ago, in seconds of the service's clock, and is not enqueued makes the service not ready. */
const maxTickDelaySeconds = 120;
/** A queue with waiting runs that has begun none for longer, in seconds, needs attention. */
const maxIdleSeconds = 3_600;

const remedy =
  '`arcadia dead-letters list` shows the error; correct the cause, then `arcadia dead-letters requeue NUMBER`, or `dismiss` it';

/** The number of dead letters of a service by the name of its consumer, or `job-<name>`. Dismissed and requeued ones are gone. */
export async function parkedNow<DB, Config>({ bus, name }: Runtime<DB, Config>): Promise<ReadonlyMap<string, number>> {
  const prefix = `dead.${name}.`;
  const { state } = await bus.jsm.streams.info(deadStream, { subjects_filter: `${prefix}>` });
  return new Map(Object.entries(state.subjects ?? {}).map(([subject, count]) => [subject.slice(prefix.length), count]));
}

/** Messages of consumers that were parked and not requeued or dismissed since. */
export function parkedFact<DB, Config>(
  { metrics }: Runtime<DB, Config>,
  parked: ReadonlyMap<string, number>,
  consumers: readonly string[],
): HealthFact {
  const letters = Array.from(parked).filter(([consumer]) => !consumer.startsWith('job-'));
  for (const consumer of new Set([...consumers, ...letters.map(([consumer]) => consumer)])) {
    metrics.gauge('arcadia_parked_messages', { consumer }, parked.get(consumer) ?? 0);
  }
  if (letters.length === 0) return { ok: true, parked: {} };
  const names = letters.map(([consumer, count]) => `${count} of ${consumer}`).join(', ');
  return { ok: false, detail: `parked messages: ${names}; ${remedy}`, parked: Object.fromEntries(letters) };
}

/** Runs of jobs that wait for a later attempt, and jobs that failed for the last time. */
export async function jobsFact<DB, Config>(
  runtime: Runtime<DB, Config>,
  parked: ReadonlyMap<string, number>,
): Promise<HealthFact> {
  const { rows } = await sql<{ waiting: string; oldest: string | null }>`
    SELECT count(*) AS waiting, extract(epoch FROM clock_timestamp() - min(created_at))::int AS oldest
    FROM job_runs WHERE state = 'waiting'`.execute(runtime.db);
  const waiting = Number(rows[0]?.waiting ?? 0);
  const oldestSeconds = Number(rows[0]?.oldest ?? 0);
  runtime.metrics.gauge('arcadia_jobs_waiting', {}, waiting);
  const dead = Object.fromEntries(
    Array.from(parked).flatMap(([consumer, count]) =>
      consumer.startsWith('job-') ? [[consumer.slice(4), count]] : [],
    ),
  ) as Record<string, number>;
  for (const job of runtime.publisher.jobs.keys())
    runtime.metrics.gauge('arcadia_jobs_dead', { job_name: job }, dead[job] ?? 0);
  const names = Object.entries(dead).map(([job, count]) => `${job} (${count})`);
  return {
    ok: names.length === 0,
    ...(names.length === 0 ? {} : { detail: `jobs that failed for the last time: ${names.join(', ')}; ${remedy}` }),
    waiting,
    oldest_waiting_seconds: oldestSeconds,
    dead,
  };
}

/** How many runs the queues of jobs have not finished, and for how long a queue with waiting runs has begun none. */
export async function queuesFact<DB, Config>(
  runtime: Runtime<DB, Config>,
  queues: readonly RunningQueue[],
): Promise<HealthFact> {
  const states = await Promise.all(
    queues.map(async ({ queue, info }) => {
      const state = await info();
      const lastBegun = state.delivered.last_active;
      const isIdle = state.num_pending > 0 && lastBegun !== undefined;
      const idleMs = isIdle ? runtime.ctx.wallClock.now().epochMilliseconds - Date.parse(String(lastBegun)) : 0;
      return { queue, idle: Math.max(0, Math.round(idleMs / 1_000)), lag: state.num_pending + state.num_ack_pending };
    }),
  );
  for (const { queue, idle, lag } of states) {
    runtime.metrics.gauge('arcadia_job_queue_lag', { queue }, lag);
    runtime.metrics.gauge('arcadia_job_queue_idle_seconds', { queue }, idle);
  }
  const late = states.filter(({ idle }) => idle > maxIdleSeconds);
  const names = late.map(({ queue, idle }) => `${queue} for ${idle} seconds`).join(', ');
  return {
    ok: true,
    ...(late.length === 0 ? {} : { warning: `runs wait and none has begun: ${names}` }),
    lag: states.reduce((sum, { lag }) => sum + lag, 0),
    idle_seconds: Math.max(0, ...states.map(({ idle }) => idle)),
  };
}

/** Whether every scheduled job was enqueued when it was due, by the service's clock. */
export async function scheduleFact<DB, Config>(
  runtime: Runtime<DB, Config>,
  jobs: readonly Job<DB, Config>[],
): Promise<HealthFact> {
  const { rows } = await sql<{ job: string; at: string }>`
    SELECT job, last_scheduled_at AS at FROM schedules`.execute(runtime.db);
  const last = new Map(rows.map(({ job, at }) => [job, Temporal.Instant.from(at)]));
  const now = runtime.ctx.clock.now();
  const faults = jobs.flatMap((job) => {
    const at = last.get(job.name);
    return at === undefined || job.schedule === undefined ? [] : tickFault(job, at, now);
  });
  const newest = Math.max(...Array.from(last.values(), ({ epochMilliseconds }) => epochMilliseconds));
  const ageSeconds = last.size === 0 ? 0 : Math.round((now.epochMilliseconds - newest) / 1_000);
  runtime.metrics.gauge('arcadia_schedules_late', {}, faults.length);
  return {
    ok: faults.length === 0,
    ...(faults.length === 0 ? {} : { detail: faults.join('; ') }),
    last_tick_seconds: ageSeconds,
  };
}

function tickFault<DB, Config>(job: Job<DB, Config>, at: Temporal.Instant, now: Temporal.Instant): string[] {
  const due = nextTick(job, at);
  const lateSeconds = Math.round((now.epochMilliseconds - due.epochMilliseconds) / 1_000);
  return lateSeconds > maxTickDelaySeconds ? [`${job.name} was due at ${due.toString()} and is not enqueued`] : [];
}
