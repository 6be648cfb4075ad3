import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.ts';

/** Permissions that were taken from the minute of a key. */
export type Taken = {
  granted: number;
  /** How many are left to all replicas. */
  remaining: number;
  /** Milliseconds until the minute ends, by the clock of Postgres. */
  leftMs: number;
};

/** Takes up to `wanted` of the `limit` requests that a key has in the present minute. */
export async function takePermissions(
  db: Kysely<Tables>,
  { key, wanted, limit }: { key: string; wanted: number; limit: number },
): Promise<Taken> {
  const { rows } = await sql<{ used: number; left_ms: string }>`
    INSERT INTO rate_counts AS r (key, minute, used)
    VALUES (${key}, floor(extract(epoch FROM clock_timestamp()) / 60)::bigint, ${wanted})
    ON CONFLICT (key) DO UPDATE SET minute = greatest(r.minute, excluded.minute),
      used = CASE WHEN r.minute >= excluded.minute THEN least(r.used, ${limit}) + excluded.used ELSE excluded.used END
    RETURNING used, ceil((minute + 1) * 60000 - extract(epoch FROM clock_timestamp()) * 1000) AS left_ms`.execute(db);
  const { used = limit + wanted, left_ms = '60000' } = rows[0] ?? {};
  return {
    granted: Math.min(wanted, Math.max(0, limit - (used - wanted))),
    remaining: Math.max(0, limit - used),
    leftMs: Math.min(60_000, Math.max(1, Number(left_ms))),
  };
}

/** Deletes the counts of keys without a request in the last hour, at most 10,000 at a time. */
export async function forgetOldCounts(db: Kysely<Tables>): Promise<void> {
  await sql`DELETE FROM rate_counts WHERE key IN (
    SELECT key FROM rate_counts WHERE minute < floor(extract(epoch FROM clock_timestamp()) / 60) - 60
    LIMIT 10000 FOR UPDATE SKIP LOCKED)`.execute(db);
}
