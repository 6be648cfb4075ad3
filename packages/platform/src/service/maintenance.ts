import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import { dropMonthPartitions, ensureMonthPartitions } from '../postgres/partitions.ts';
import { timeOfPostgres } from '../postgres/postgres-clock.ts';
import type { Runtime } from '../runtime.ts';

export type Maintenance = { stop(): Promise<void> };

const hourMs = 60 * 60 * 1000;

/** Creates partitions ahead of time and deletes old rows, about hourly in every replica; each statement may run any number of times. */
export function startMaintenance<DB, Config>(runtime: Runtime<DB, Config>, retentionDays: number): Maintenance {
  const stopping = new AbortController();
  async function repeat(): Promise<void> {
    for (;;) {
      // The start has just created the partitions; the random delay keeps replicas from cleaning up at the same time.
      await delay(hourMs * (0.5 + Math.random()), undefined, { signal: stopping.signal, ref: false });
      await cleanUp(runtime, retentionDays).catch((error: unknown) => {
        runtime.ctx.log.warn({ err: error }, 'deleting old rows failed; retrying in an hour');
      });
    }
  }
  const repeating = repeat().catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      await repeating;
    },
  };
}

/** Creates partitions and deletes old rows once. Ages are in the time of Postgres, because they concern storage and not a played world. */
export async function cleanUp<DB, Config>(runtime: Runtime<DB, Config>, retentionDays: number): Promise<void> {
  const { db } = runtime;
  const now = await timeOfPostgres(db);
  await ensureMonthPartitions(db, { table: 'events', around: now });
  await dropMonthPartitions(db, { table: 'events', endedBefore: now.subtract({ hours: (retentionDays + 31) * 24 }) });
  const older = (days: number) => sql`clock_timestamp() - make_interval(days => ${days}::int)`;
  await sql`DELETE FROM idempotency WHERE created_at < ${older(7)}`.execute(db);
  await sql`DELETE FROM inbox WHERE handled_at < ${older(retentionDays + 62)}`.execute(db);
  await sql`DELETE FROM parts WHERE received_at < ${older(30)}`.execute(db);
  await sql`DELETE FROM job_runs WHERE state = 'done' AND finished_at < ${older(retentionDays)}`.execute(db);
}
