import { type Kysely, sql } from 'kysely';

/** The row of `job_runs` that stands for a restore; no message asks for it, so no worker claims it. */
const run = { name: 'restore', key: 'database', cause: 'set-back' } as const;

/** True from the beginning of a restore until it is complete. */
export async function isUnfinished<DB>(db: Kysely<DB>): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM job_runs
    WHERE name = ${run.name} AND key = ${run.key} AND cause = ${run.cause} AND state = 'running'`.execute(db);
  return rows.length > 0;
}

export async function markUnfinished<DB>(db: Kysely<DB>): Promise<void> {
  await sql`INSERT INTO job_runs (name, key, cause, state, input) VALUES (${run.name}, ${run.key}, ${run.cause}, 'running', 'null')
    ON CONFLICT (name, key, cause) DO UPDATE SET state = 'running', finished_at = NULL`.execute(db);
}

export async function markFinished<DB>(db: Kysely<DB>): Promise<void> {
  await sql`UPDATE job_runs SET state = 'done', finished_at = clock_timestamp()
    WHERE name = ${run.name} AND key = ${run.key} AND cause = ${run.cause}`.execute(db);
}
