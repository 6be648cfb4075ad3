import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { dropMonthPartitions, ensureMonthPartitions } from '../postgres/partitions.ts';
import type { Runtime } from '../runtime.ts';

export type Maintenance = { stop(): Promise<void> };

const hourMs = 60 * 60 * 1000;

/** Hourly, in every replica (each statement may run any number of times): partitions ahead of time, and what is too old goes. */
export function startMaintenance<DB, Config>(runtime: Runtime<DB, Config>, retentionDays: number): Maintenance {
  const stopping = new AbortController();
  async function turn(): Promise<void> {
    for (;;) {
      // The start has just made what is needed; replicas that started together need not tidy together.
      await delay(hourMs * (0.5 + Math.random()), undefined, { signal: stopping.signal, ref: false });
      await tidy(runtime, retentionDays).catch((error: unknown) => {
        runtime.ctx.log.warn({ err: error }, 'tidying did not work; trying again in an hour');
      });
    }
  }
  const turning = turn().catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await turning;
    },
  };
}

/** Everything here is judged by the wall: it is about storage, not about what is played. */
export async function tidy<DB, Config>(runtime: Runtime<DB, Config>, retentionDays: number): Promise<void> {
  const { db } = runtime;
  const now = Temporal.Now.instant();
  await ensureMonthPartitions(db, { table: 'events', around: now });
  await dropMonthPartitions(db, { table: 'events', endedBefore: now.subtract({ hours: (retentionDays + 31) * 24 }) });
  const older = (days: number) => sql`clock_timestamp() - make_interval(days => ${days}::int)`;
  await sql`DELETE FROM idempotency WHERE created_at < ${older(7)}`.execute(db);
  await sql`DELETE FROM inbox WHERE handled_at < ${older(retentionDays + 62)}`.execute(db);
  await sql`DELETE FROM parts WHERE received_at < ${older(30)}`.execute(db);
  await sql`DELETE FROM job_runs WHERE state = 'done' AND finished_at < ${older(retentionDays)}`.execute(db);
}
