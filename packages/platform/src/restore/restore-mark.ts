import { type Kysely, sql } from 'kysely';

/** The rows of `job_runs` that stand for restores, one for each cause; no message asks for them, so no worker claims them. */
const run = { name: 'restore', key: 'database' } as const;

/** True from the beginning of a restore until it is complete. */
export async function isUnfinished<DB>(db: Kysely<DB>): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM job_runs
    WHERE name = ${run.name} AND key = ${run.key} AND state = 'running'`.execute(db);
  return rows.length > 0;
}

/** Each restore has a cause of its own: the row of an earlier one, which may be restored meanwhile, must not end it. */
export async function markUnfinished<DB>(db: Kysely<DB>): Promise<void> {
  await sql`INSERT INTO job_runs (name, key, cause, state, input)
    VALUES (${run.name}, ${run.key}, 'set-back ' || clock_timestamp(), 'running', 'null')`.execute(db);
}

export async function markFinished<DB>(db: Kysely<DB>): Promise<void> {
  await sql`UPDATE job_runs SET state = 'done', finished_at = clock_timestamp()
    WHERE name = ${run.name} AND key = ${run.key} AND state = 'running'`.execute(db);
}
