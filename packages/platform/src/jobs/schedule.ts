import { Cron } from 'croner';
import { type Kysely, sql } from 'kysely';
import { encodeJob } from '../bus/job-message.ts';
import type { LoggedEvent } from '../bus/message.ts';
import type { Job } from '../kernel/definition.ts';
import { appendEvents } from '../outbox/outbox.ts';
import type { Runtime } from '../runtime.ts';

export type RunningSchedule = { stop(): Promise<void> };

const checkEveryMs = 1_000;
/** A job with catch-up 'none' still runs a tick that passed less than this long ago. */
const graceMs = 60_000;
/** A recorded tick further in the future was recorded by a clock that was ahead. */
const maxAheadMs = 60_000;
/** The most ticks caught up at once, so that a clock set years ahead does not enqueue without end. */
const maxCaughtUp = 10_000;

/**
 * Enqueues scheduled jobs. Whenever the service's clock has passed the next tick, the ticks since the last recorded one are
 * enqueued in the transaction that records them. So any number of replicas and restarts enqueue each tick once, missed ticks
 * are caught up, and a clock that jumps is followed.
 */
export function startSchedule<DB, Config>(
  runtime: Runtime<DB, Config>,
  jobs: readonly Job<DB, Config>[],
): RunningSchedule {
  const scheduled = jobs.filter((job) => job.schedule !== undefined);
  const nextDue = new Map<string, Temporal.Instant>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let checking: Promise<void> = Promise.resolve();

  async function checkDue(): Promise<void> {
    for (const job of scheduled) {
      const due = nextDue.get(job.name);
      const now = runtime.ctx.clock.now();
      if (due !== undefined && Temporal.Instant.compare(now, due) < 0) continue;
      try {
        await runtime.activity.during(() => tick(runtime, job, now));
        nextDue.set(job.name, nextTick(job, now));
      } catch (error) {
        runtime.ctx.log.warn({ err: error, job: job.name }, 'a tick could not be recorded; retrying');
      }
    }
    if (!stopped) timer = setTimeout(() => (checking = checkDue()), checkEveryMs);
  }

  checking = checkDue();
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await checking;
    },
  };
}

function patternOf(job: Pick<Job<never, never>, 'name' | 'schedule'>): Cron {
  return new Cron(job.schedule?.cron ?? '', { timezone: 'UTC', paused: true });
}

export function nextTick(job: Pick<Job<never, never>, 'name' | 'schedule'>, after: Temporal.Instant): Temporal.Instant {
  const next = patternOf(job).nextRun(new Date(after.epochMilliseconds));
  return next === null
    ? after.add({ hours: 24 * 365 })
    : Temporal.Instant.fromEpochMilliseconds(Math.floor(next.getTime() / 1000) * 1000);
}

/** The ticks in `(after, until]`, oldest first. */
export function ticksBetween(
  job: Pick<Job<never, never>, 'name' | 'schedule'>,
  after: Temporal.Instant,
  until: Temporal.Instant,
): Temporal.Instant[] {
  const ticks: Temporal.Instant[] = [];
  for (let at = nextTick(job, after); Temporal.Instant.compare(at, until) <= 0; at = nextTick(job, at)) {
    ticks.push(at);
    if (ticks.length >= maxCaughtUp) break;
  }
  return ticks;
}

async function tick<DB, Config>(
  runtime: Runtime<DB, Config>,
  job: Job<DB, Config>,
  now: Temporal.Instant,
): Promise<void> {
  const enqueued = await runtime.db.transaction().execute(async (trx) => {
    const last = await lockLast(runtime, trx, job.name, now);
    if (last === null) return 0;
    const ticks = ticksBetween(job, last, now);
    const newest = ticks.at(-1);
    if (newest === undefined) return 0;
    await sql`UPDATE schedules SET last_scheduled_at = ${newest.toString()} WHERE job = ${job.name}`.execute(trx);
    const events = toRun(job, ticks, now).flatMap((at) => eventsOf(runtime, job, at, now));
    await appendEvents(trx, events);
    return events.length;
  });
  if (enqueued > 0) runtime.publisher.wake();
}

/**
 * Locks and returns the last recorded tick; null for a job seen for the first time, which has missed nothing. A tick that was
 * recorded for a later time than now, by a clock that was ahead, is drawn back to now, so that the schedule goes on.
 */
async function lockLast<DB, Config>(
  { ctx }: Runtime<DB, Config>,
  trx: Kysely<DB>,
  job: string,
  now: Temporal.Instant,
): Promise<Temporal.Instant | null> {
  const inserted = await sql`INSERT INTO schedules (job, last_scheduled_at) VALUES (${job}, ${now.toString()})
    ON CONFLICT DO NOTHING RETURNING 1`.execute(trx);
  if (inserted.rows.length > 0) return null;
  const found = await sql<{ at: string }>`
    SELECT last_scheduled_at AS at FROM schedules WHERE job = ${job} FOR UPDATE`.execute(trx);
  const row = found.rows[0];
  if (row === undefined) return null;
  const last = Temporal.Instant.from(row.at);
  if (last.epochMilliseconds - now.epochMilliseconds <= maxAheadMs) return last;
  await sql`UPDATE schedules SET last_scheduled_at = ${now.toString()} WHERE job = ${job}`.execute(trx);
  ctx.log.error(
    { alarm: true, job, recorded: row.at, drawnBackTo: now.toString() },
    'a tick was recorded in the future, by a clock that was ahead; it is drawn back to now and the schedule goes on',
  );
  return now;
}

function toRun<DB, Config>(job: Job<DB, Config>, ticks: Temporal.Instant[], now: Temporal.Instant): Temporal.Instant[] {
  if (job.schedule?.catchUp === 'all') return ticks;
  const newest = ticks.slice(-1);
  if (job.schedule?.catchUp === 'newest') return newest;
  return newest.filter((at) => now.epochMilliseconds - at.epochMilliseconds < graceMs);
}

function eventsOf<DB, Config>(
  runtime: Runtime<DB, Config>,
  job: Job<DB, Config>,
  at: Temporal.Instant,
  now: Temporal.Instant,
): LoggedEvent[] {
  const input: unknown = job.schedule?.input(at);
  const inputs: unknown[] = Array.isArray(input) ? input : [input];
  return inputs.map((each) =>
    encodeJob(runtime.name, job, { input: each, cause: at.toString(), scheduledAt: at, attempt: 1, now }),
  );
}
