import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.ts';
import { takeTurn } from './take-turn.ts';

/** A delivery that this worker has claimed, with all that is needed to send it. */
export type Claimed = {
  delivery_id: string;
  endpoint_id: string;
  tries: number;
  first_tried_at: string | null;
  notification_id: string;
  body: string;
  url: string;
  /** The secrets in force, newest first, as they are stored. */
  sealed: string[];
};

/** The most attempts at one endpoint at a time over all replicas, so that a slow one holds no other up. */
const mostAtOnce = 16;

/**
 * Claims deliveries that are due, at most `most`, until the lease ends. Each endpoint has `mostAtOnce` in progress, one that fails has
 * one, and one that is to be left alone has none. Of the endpoints with deliveries due, each tenant gets its turn.
 */
export async function claimDeliveries(
  db: Kysely<Tables>,
  { most, lease, now, until }: { most: number; lease: string; now: Temporal.Instant; until: Temporal.Instant },
): Promise<Claimed[]> {
  const at = sql`${now.toString()}::timestamptz`;
  return await db.transaction().execute(async (trx) => {
    // One claim at a time, so that the counts of what is in progress are exact.
    await takeTurn(trx, 'claim webhook deliveries');
    const { rows } = await sql<Claimed>`
      WITH RECURSIVE waiting (endpoint_id) AS (
        (SELECT endpoint_id FROM webhook_deliveries WHERE state = 'pending' ORDER BY endpoint_id LIMIT 1)
        UNION ALL
        SELECT (SELECT d.endpoint_id FROM webhook_deliveries d WHERE d.state = 'pending' AND d.endpoint_id > w.endpoint_id
                ORDER BY d.endpoint_id LIMIT 1)
        FROM waiting w WHERE w.endpoint_id IS NOT NULL
      ), places AS MATERIALIZED (
        SELECT e.endpoint_id, e.tenant_id, e.url,
          CASE WHEN h.failing_since IS NULL THEN ${mostAtOnce}::int ELSE 1 END - (
            SELECT count(*) FROM webhook_deliveries d
            WHERE d.endpoint_id = e.endpoint_id AND d.state = 'pending' AND d.lease IS NOT NULL AND d.due_at > ${at}
          ) AS free
        FROM waiting w JOIN webhook_endpoints e USING (endpoint_id) LEFT JOIN webhook_health h USING (endpoint_id)
        WHERE e.disabled_at IS NULL AND (h.held_until IS NULL OR h.held_until <= ${at})
      ), chosen AS (
        SELECT d.delivery_id
        FROM places p CROSS JOIN LATERAL (
          SELECT delivery_id, due_at FROM webhook_deliveries d
          WHERE d.endpoint_id = p.endpoint_id AND d.state = 'pending' AND d.due_at <= ${at}
          ORDER BY d.due_at LIMIT greatest(p.free, 0)
        ) d
        ORDER BY row_number() OVER (PARTITION BY p.tenant_id ORDER BY d.due_at, d.delivery_id), d.due_at LIMIT ${most}
      ), claimed AS (
        UPDATE webhook_deliveries d SET lease = ${lease}::uuid, due_at = ${until.toString()}::timestamptz,
          first_tried_at = coalesce(first_tried_at, ${at})
        WHERE delivery_id IN (SELECT delivery_id FROM chosen)
        RETURNING d.delivery_id, d.endpoint_id, d.tries, d.first_tried_at, d.notification_id
      )
      SELECT c.*, n.body, p.url, ARRAY(
        SELECT s.sealed FROM webhook_secrets s
        WHERE s.endpoint_id = c.endpoint_id AND (s.expires_at IS NULL OR s.expires_at > ${at}) ORDER BY s.created_at DESC
      ) AS sealed
      FROM claimed c JOIN notifications n USING (notification_id) JOIN places p USING (endpoint_id)`.execute(trx);
    return rows;
  });
}

/** When the next attempt is due at an endpoint that is enabled, after what is being sent; null: nothing waits. */
export async function nextDue(db: Kysely<Tables>): Promise<string | null> {
  const { rows } = await sql<{ due_at: string | null }>`
    WITH RECURSIVE waiting (endpoint_id) AS (
      (SELECT endpoint_id FROM webhook_deliveries WHERE state = 'pending' ORDER BY endpoint_id LIMIT 1)
      UNION ALL
      SELECT (SELECT d.endpoint_id FROM webhook_deliveries d WHERE d.state = 'pending' AND d.endpoint_id > w.endpoint_id
              ORDER BY d.endpoint_id LIMIT 1)
      FROM waiting w WHERE w.endpoint_id IS NOT NULL
    )
    SELECT min(greatest(d.due_at, h.held_until)) AS due_at
    FROM waiting w JOIN webhook_endpoints e USING (endpoint_id) LEFT JOIN webhook_health h USING (endpoint_id)
    CROSS JOIN LATERAL (
      SELECT due_at FROM webhook_deliveries d WHERE d.endpoint_id = e.endpoint_id AND d.state = 'pending'
      ORDER BY d.due_at LIMIT 1
    ) d
    WHERE e.disabled_at IS NULL`.execute(db);
  return rows[0]?.due_at ?? null;
}
