import { type Kysely, sql, type Transaction } from 'kysely';
import type { DeliveryState, Tables } from './schema.ts';

export type AttemptRow = {
  number: number;
  attempted_at: string;
  duration_ms: number;
  status: number | null;
  answer: string | null;
  error: string | null;
};

/** A delivery with its last attempt. */
export type DeliveryRow = {
  delivery_id: string;
  endpoint_id: string;
  notification_id: string;
  type: string;
  occurred_at: string;
  state: DeliveryState;
  attempts: number;
  due_at: string | null;
  number: number | null;
  attempted_at: string | null;
  duration_ms: number | null;
  status: number | null;
  answer: string | null;
  error: string | null;
};

const shown = sql`
  d.delivery_id, d.endpoint_id, d.notification_id, n.type, d.occurred_at, d.state, d.attempts, d.due_at,
  a.number, a.attempted_at, a.duration_ms, a.status, a.answer, a.error`;
const joined = sql`
  webhook_deliveries d JOIN notifications n USING (notification_id)
  LEFT JOIN webhook_attempts a ON a.delivery_id = d.delivery_id AND a.number = d.attempts`;

/** Deliveries of an endpoint, newest event first: `limit + 1` of them if there are more. `after` is [occurred_at, delivery_id]. */
export async function pageOfDeliveries(
  db: Kysely<Tables>,
  {
    endpointId,
    state,
    after,
    limit,
  }: { endpointId: string; state: DeliveryState | undefined; after: readonly string[] | null; limit: number },
): Promise<DeliveryRow[]> {
  const { rows } = await sql<DeliveryRow>`
    SELECT ${shown} FROM ${joined}
    WHERE d.endpoint_id = ${endpointId}::uuid
      ${state === undefined ? sql`` : sql`AND d.state = ${state}`}
      ${after === null ? sql`` : sql`AND (d.occurred_at, d.delivery_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`}
    ORDER BY d.occurred_at DESC, d.delivery_id DESC LIMIT ${limit + 1}`.execute(db);
  return rows;
}

/** A delivery with its body, of an endpoint of one tenant if `tenantId` is given (null: of any). */
export async function findDelivery(
  db: Kysely<Tables>,
  { deliveryId, tenantId }: { deliveryId: string; tenantId: string | null },
): Promise<(DeliveryRow & { body: string; disabled_at: string | null }) | null> {
  const { rows } = await sql<DeliveryRow & { body: string; disabled_at: string | null }>`
    SELECT ${shown}, n.body, e.disabled_at FROM ${joined} JOIN webhook_endpoints e ON e.endpoint_id = d.endpoint_id
    WHERE d.delivery_id = ${deliveryId}::uuid ${tenantId === null ? sql`` : sql`AND e.tenant_id = ${tenantId}`}`.execute(
    db,
  );
  return rows[0] ?? null;
}

/** The last attempts of a delivery, newest first. */
export async function attemptsOf(db: Kysely<Tables>, deliveryId: string, most: number): Promise<AttemptRow[]> {
  const { rows } = await sql<AttemptRow>`
    SELECT number, attempted_at, duration_ms, status, answer, error FROM webhook_attempts
    WHERE delivery_id = ${deliveryId}::uuid ORDER BY number DESC LIMIT ${most}`.execute(db);
  return rows;
}

const anew = (now: Temporal.Instant) =>
  sql`state = 'pending', due_at = ${now.toString()}::timestamptz, tries = 0, first_tried_at = NULL`;

/** Makes a delivery due now, unless it is being sent at this moment. */
export async function makeDue(db: Transaction<Tables>, deliveryId: string, now: Temporal.Instant): Promise<void> {
  await sql`UPDATE webhook_deliveries SET ${anew(now)} WHERE delivery_id = ${deliveryId}::uuid AND lease IS NULL`.execute(
    db,
  );
}

/** Makes the deliveries of an endpoint since an instant due now, those in the given states. Returns how many. */
export async function makeAllDue(
  db: Transaction<Tables>,
  {
    endpointId,
    since,
    states,
    now,
  }: { endpointId: string; since: string; states: readonly string[]; now: Temporal.Instant },
): Promise<number> {
  const { numAffectedRows } = await sql`
    UPDATE webhook_deliveries SET ${anew(now)}
    WHERE endpoint_id = ${endpointId}::uuid AND occurred_at >= ${since}::timestamptz AND state = ANY (${[...states]}::text[])`.execute(
    db,
  );
  return Number(numAffectedRows ?? 0n);
}

/** How many rows are deleted in one statement. */
const rowsAtOnce = 5_000;

/** Deletes some deliveries that were made before an instant and do not wait, with their attempts. Returns whether there may be more. */
export async function deleteDeliveriesBefore(db: Kysely<Tables>, before: Temporal.Instant): Promise<boolean> {
  const { rows } = await sql<{ deleted: string }>`
    WITH old AS MATERIALIZED (
      SELECT notification_id FROM notifications WHERE created_at < ${before.toString()}::timestamptz
      ORDER BY created_at LIMIT ${rowsAtOnce}
    ), gone AS (
      DELETE FROM webhook_deliveries WHERE notification_id IN (SELECT notification_id FROM old) RETURNING delivery_id
    ), attempts AS (
      DELETE FROM webhook_attempts WHERE delivery_id IN (SELECT delivery_id FROM gone)
    ), mails AS (
      DELETE FROM mail_deliveries WHERE notification_id IN (SELECT notification_id FROM old) RETURNING delivery_id
    ), mail_attempts_gone AS (
      DELETE FROM mail_attempts WHERE delivery_id IN (SELECT delivery_id FROM mails)
    ), deleted AS (
      DELETE FROM notifications WHERE notification_id IN (SELECT notification_id FROM old) RETURNING 1
    )
    SELECT count(*) AS deleted FROM deleted`.execute(db);
  return Number(rows[0]?.deleted) === rowsAtOnce;
}
