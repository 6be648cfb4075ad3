import type { Json } from '@arcadia/contracts';
import { type Kysely, sql } from 'kysely';
import type { JobMessage } from '../bus/job-message.ts';
import { steady } from '../postgres/session-client.ts';

/** The identity of a job's run. One row per (name, key, cause) makes any number of replicas do it once. Leases use real time. */
export type RunKey = { name: string; key: string; cause: string };

export type RunState = 'running' | 'waiting' | 'done' | 'dead';

export type Claim =
  | { kind: 'claimed'; attempt: number }
  /** Done, parked, or waiting for a later attempt: this message needs nothing more. */
  | { kind: 'settled' }
  /** Another worker holds the lease; retry after this time. */
  | { kind: 'held'; retryInMs: number };

export type Asked = RunKey & { leaseMs: number; message: JobMessage; scheduledAt: string | null };

/** The identity of a run as one text. */
export const runText = ({ name, key, cause }: RunKey): string => JSON.stringify([name, key, cause]);

/**
 * Claims runs for a worker; a call names each run once, and its answers are in the same order. Rows are written in the order of their
 * keys, so that two workers never wait for each other. The commit does not wait for the disk: a job's own commits come later in the write-ahead log, so
 * the claim exists if an effect does; without an effect the message is redelivered and claimed again.
 */
export async function claimRuns<DB>(db: Kysely<DB>, worker: string, asked: readonly Asked[]): Promise<Claim[]> {
  const rows = asked.map(({ name, key, cause, leaseMs, message, scheduledAt }) => ({
    ...{ name, key, cause, attempt: message.attempt, scheduled_at: scheduledAt },
    ...{ input: message.input ?? null, lease: leaseMs / 1000 },
  }));
  const claimed = await sql<RunKey & { attempt: number }>`${steady}
    INSERT INTO job_runs AS r (name, key, cause, state, attempt, scheduled_at, input, claimed_by, lease_until)
    SELECT name, key, cause, 'running', attempt, scheduled_at, input, ${worker}, clock_timestamp() + make_interval(secs => lease)
    FROM json_to_recordset(${JSON.stringify(rows)}) AS asked (
      name text, key text, cause text, attempt integer, scheduled_at timestamptz, input json, lease double precision)
    ORDER BY name, key, cause
    ON CONFLICT (name, key, cause) DO UPDATE SET state = 'running', claimed_by = excluded.claimed_by,
      lease_until = excluded.lease_until,
      attempt = CASE WHEN r.state = 'waiting' THEN excluded.attempt ELSE r.attempt END
    WHERE (r.state = 'running' AND r.lease_until < clock_timestamp() AND r.attempt = excluded.attempt)
       OR (r.state = 'waiting' AND r.attempt = excluded.attempt)
    RETURNING name, key, cause, attempt, set_config('synchronous_commit', 'off', true)`.execute(db);
  const attempts = new Map(claimed.rows.map((run) => [runText(run), run.attempt]));
  const others = await statesOf(
    db,
    asked.filter((run) => !attempts.has(runText(run))),
  );
  return asked.map((run) => {
    const attempt = attempts.get(runText(run));
    if (attempt !== undefined) return { kind: 'claimed', attempt };
    const found = others.get(runText(run));
    if (found?.state === 'running' && found.attempt === run.message.attempt)
      return { kind: 'held', retryInMs: Number(found.left) + 50 };
    return { kind: 'settled' };
  });
}

type FoundRun = RunKey & { state: RunState; attempt: number; left: string };

async function statesOf<DB>(db: Kysely<DB>, runs: readonly RunKey[]): Promise<ReadonlyMap<string, FoundRun>> {
  if (runs.length === 0) return new Map();
  const found = await sql<FoundRun>`
    SELECT name, key, cause, state, attempt,
      greatest(0, extract(epoch FROM lease_until - clock_timestamp()) * 1000)::bigint AS left
    FROM job_runs JOIN ${runKeys(runs)} AS asked (name text, key text, cause text) USING (name, key, cause)`.execute(
    db,
  );
  return new Map(found.rows.map((run) => [runText(run), run]));
}

const runKeys = (runs: readonly RunKey[]) =>
  sql`json_to_recordset(${JSON.stringify(runs.map(({ name, key, cause }) => ({ name, key, cause })))})`;

/** Ends runs that a worker holds and has done; those that it no longer holds stay as they are. */
export async function settleDone<DB>(db: Kysely<DB>, worker: string, runs: readonly RunKey[]): Promise<void> {
  await sql`${steady}
    WITH held AS (
      SELECT name, key, cause FROM job_runs JOIN ${runKeys(runs)} AS done (name text, key text, cause text) USING (name, key, cause)
      WHERE state = 'running' AND claimed_by = ${worker} ORDER BY name, key, cause FOR UPDATE OF job_runs
    )
    UPDATE job_runs SET state = 'done', error = NULL, lease_until = NULL, finished_at = clock_timestamp()
    FROM held WHERE (job_runs.name, job_runs.key, job_runs.cause) = (held.name, held.key, held.cause)`.execute(db);
}

/** Extends a lease; false if it was lost and another worker runs the job now. */
export async function renewLease<DB>(db: Kysely<DB>, run: RunKey, worker: string, leaseMs: number): Promise<boolean> {
  const renewed = await sql`
    UPDATE job_runs SET lease_until = clock_timestamp() + make_interval(secs => ${leaseMs / 1000})
    WHERE name = ${run.name} AND key = ${run.key} AND cause = ${run.cause} AND state = 'running' AND claimed_by = ${worker}
    RETURNING 1`.execute(db);
  return renewed.rows.length > 0;
}

export async function noteProgress<DB>(db: Kysely<DB>, run: RunKey, state: Record<string, unknown>): Promise<void> {
  await sql`UPDATE job_runs SET progress = ${JSON.stringify(state)}
    WHERE name = ${run.name} AND key = ${run.key} AND cause = ${run.cause}`.execute(db);
}

/** Moves a run out of the state 'running'; false if this worker no longer holds it. */
export async function settleRun<DB>(
  db: Kysely<DB>,
  run: RunKey,
  to: { worker: string; state: Exclude<RunState, 'running'>; attempt: number; error: string | null },
): Promise<boolean> {
  const settled = await sql`${steady}
    UPDATE job_runs SET state = ${to.state}, attempt = ${to.attempt}, error = ${to.error}, lease_until = NULL,
      finished_at = CASE WHEN ${to.state} = 'waiting' THEN NULL ELSE clock_timestamp() END
    WHERE name = ${run.name} AND key = ${run.key} AND cause = ${run.cause} AND state = 'running' AND claimed_by = ${to.worker}
    RETURNING 1`.execute(db);
  return settled.rows.length > 0;
}

/** The runs of a job for one cause, one for each key; empty while no worker has begun. */
export async function runsOf<DB>(
  db: Kysely<DB>,
  name: string,
  cause: string,
): Promise<{ key: string; state: RunState; attempt: number; error: string | null }[]> {
  const found = await sql<{ key: string; state: RunState; attempt: number; error: string | null }>`
    SELECT key, state, attempt, error FROM job_runs WHERE name = ${name} AND cause = ${cause} ORDER BY key`.execute(db);
  return found.rows;
}

type ListedRun = {
  job: string;
  key: string;
  cause: string;
  state: RunState;
  attempt: number;
  progress: Json;
  error: string | null;
  created_at: string;
  finished_at: string | null;
};

type RunFilter = { state?: RunState | undefined; job?: string | undefined };

/** The last run that is shown already; `run` null: all runs of that instant are. */
type LastRun = { state: RunState; created_at: string; run: readonly [job: string, key: string, cause: string] | null };

const rank = (state: unknown) => sql`array_position(ARRAY['running', 'waiting', 'dead', 'done'], ${state}::text)`;

/** Runs of jobs: those that run or wait first, then those that failed for the last time, then those that are done; newest first. */
export async function listRuns<DB>(
  db: Kysely<DB>,
  filter: RunFilter & { after: LastRun | null; limit: number },
): Promise<ListedRun[]> {
  const { state = null, job = null, after, limit } = filter;
  const isOlder =
    after === null
      ? sql`true`
      : sql`(${rank(sql.ref('state'))} > ${rank(after.state)} OR (${rank(sql.ref('state'))} = ${rank(after.state)}
        AND (created_at < ${after.created_at} OR (created_at = ${after.created_at} AND ${
          after.run === null
            ? sql`false`
            : sql`(name, key, cause) > (${after.run[0]}, ${after.run[1]}, ${after.run[2]})`
        }))))`;
  const found = await sql<ListedRun>`
    SELECT name AS job, key, cause, state, attempt, progress, error, created_at, finished_at FROM job_runs
    WHERE (${state}::text IS NULL OR state = ${state}) AND (${job}::text IS NULL OR name = ${job}) AND ${isOlder}
    ORDER BY ${rank(sql.ref('state'))}, created_at DESC, name, key, cause
    LIMIT ${limit}`.execute(db);
  return found.rows;
}

/** How many runs there are; null for more than `most`. */
export async function countRuns<DB>(db: Kysely<DB>, filter: RunFilter, most: number): Promise<number | null> {
  const { state = null, job = null } = filter;
  const found = await sql<{ runs: number }>`
    SELECT count(*)::int AS runs FROM (SELECT FROM job_runs
      WHERE (${state}::text IS NULL OR state = ${state}) AND (${job}::text IS NULL OR name = ${job}) LIMIT ${most + 1}) AS r`.execute(
    db,
  );
  const { runs } = found.rows[0] ?? { runs: 0 };
  return runs > most ? null : runs;
}

/** The keys of a job whose newest run failed for the last time, with its error; a later run of the key takes its place. */
export async function failedRuns<DB>(
  db: Kysely<DB>,
  name: string,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = await sql<{ key: string; error: string | null }>`
    SELECT key, error FROM (
      SELECT DISTINCT ON (key) key, state, error FROM job_runs WHERE name = ${name} AND key = ANY(${keys}::text[])
      ORDER BY key, created_at DESC
    ) AS newest WHERE state = 'dead'`.execute(db);
  return new Map(found.rows.map(({ key, error }) => [key, error ?? '']));
}

/** Moves a parked run back to 'waiting'. Returns the number and input of its next attempt, or null if it is not parked. */
export async function reviveRun<DB>(
  db: Kysely<DB>,
  run: RunKey,
): Promise<{ attempt: number; input: unknown; scheduledAt: string | null } | null> {
  const revived = await sql<{ attempt: number; input: unknown; scheduled_at: string | null }>`
    UPDATE job_runs SET state = 'waiting', attempt = attempt + 1, error = NULL, finished_at = NULL
    WHERE name = ${run.name} AND key = ${run.key} AND cause = ${run.cause} AND state = 'dead'
    RETURNING attempt, input, scheduled_at`.execute(db);
  const row = revived.rows[0];
  return row === undefined ? null : { attempt: row.attempt, input: row.input, scheduledAt: row.scheduled_at };
}
