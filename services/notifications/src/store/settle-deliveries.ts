import { sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** An attempt and what follows from it. */
export type Settled = {
  deliveryId: string;
  endpointId: string;
  state: 'pending' | 'delivered' | 'failed';
  dueAt: string | null;
  heldUntil: string | null;
  attemptedAt: string;
  durationMs: number;
  status: number | null;
  answer: string | null;
  error: string | null;
};

/** Records attempts, each in its delivery, in the log, and in the health of its endpoint. A delivery whose lease was lost stays as it is. */
export async function settleDeliveries(
  db: Transaction<Tables>,
  settled: readonly Settled[],
  lease: string,
): Promise<void> {
  if (settled.length === 0) return;
  await sql`
    WITH given AS MATERIALIZED (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(settled)}::jsonb) AS t (
        "deliveryId" uuid, "endpointId" uuid, state text, "dueAt" timestamptz, "heldUntil" timestamptz, "attemptedAt" timestamptz,
        "durationMs" int, status int, answer text, error text)
    ), updated AS (
      UPDATE webhook_deliveries d SET state = g.state, due_at = g."dueAt", lease = NULL, attempts = attempts + 1, tries = tries + 1
      FROM given g WHERE d.delivery_id = g."deliveryId" AND d.lease = ${lease}::uuid
      RETURNING d.delivery_id, d.attempts
    ), logged AS (
      INSERT INTO webhook_attempts (delivery_id, number, attempted_at, duration_ms, status, answer, error)
      SELECT u.delivery_id, u.attempts, g."attemptedAt", g."durationMs", g.status, g.answer, g.error
      FROM updated u JOIN given g ON g."deliveryId" = u.delivery_id
      ON CONFLICT DO NOTHING
    ), outcomes AS (
      SELECT "endpointId" AS endpoint_id, max("heldUntil") AS held_until, min("attemptedAt") AS first_at,
        max("attemptedAt") FILTER (WHERE state = 'delivered') AS success_at,
        max("attemptedAt") FILTER (WHERE state <> 'delivered') AS failure_at
      FROM given GROUP BY 1 ORDER BY 1
    )
    INSERT INTO webhook_health AS h (endpoint_id, failing_since, held_until, last_success_at)
    SELECT endpoint_id, CASE WHEN success_at IS NULL THEN first_at END, CASE WHEN success_at IS NULL THEN held_until END, success_at
    FROM outcomes WHERE endpoint_id IN (SELECT endpoint_id FROM webhook_endpoints)
    ON CONFLICT (endpoint_id) DO UPDATE SET
      failing_since = CASE WHEN excluded.last_success_at IS NULL THEN coalesce(h.failing_since, excluded.failing_since) END,
      held_until = CASE WHEN excluded.last_success_at IS NULL THEN greatest(h.held_until, excluded.held_until) END,
      last_success_at = greatest(h.last_success_at, excluded.last_success_at)
    WHERE (h.failing_since IS NULL) <> (excluded.failing_since IS NULL) OR excluded.failing_since IS NOT NULL
      OR h.last_success_at IS NULL OR excluded.last_success_at > h.last_success_at + interval '1 minute'`.execute(db);
}

/** Since when each of these endpoints has failed without a success; only those that do. */
export async function failingSince(
  db: Transaction<Tables>,
  endpointIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (endpointIds.length === 0) return new Map();
  const { rows } = await sql<{ endpoint_id: string; failing_since: string }>`
    SELECT endpoint_id, failing_since FROM webhook_health
    WHERE endpoint_id = ANY (${[...endpointIds]}::uuid[]) AND failing_since IS NOT NULL`.execute(db);
  return new Map(rows.map((row) => [row.endpoint_id, row.failing_since]));
}
