import { textLines } from '@arcadia/platform';
import { sql, type Transaction } from 'kysely';
import { bodyOf, type Notification } from '../domain/notification.ts';
import type { Tables } from './schema.ts';

/** The id of a delivery, which follows from the endpoint and the notification. */
const deliveryId = sql`event_id('webhook-delivery', e.endpoint_id || ':' || n.notification_id)`;

/**
 * Writes notifications for which there is an endpoint, and a delivery for each endpoint that gets it: it subscribed to the type, existed
 * when the event occurred, and belongs to the tenant of the notification or to the operator. Those of a disabled endpoint are skipped.
 * Notifications and deliveries that exist already stay as they are.
 * @returns the number of deliveries that are due
 */
export async function writeNotifications(
  db: Transaction<Tables>,
  notifications: readonly Notification[],
  now: Temporal.Instant,
): Promise<number> {
  if (notifications.length === 0) return 0;
  const unique = [...new Map(notifications.map((one) => [one.id, one])).values()];
  const { rows } = await sql<{ due: string }>`
    WITH given AS MATERIALIZED (
      SELECT id::uuid AS notification_id, type, tenant_id, occurred_at, body FROM ROWS FROM (
        unnest(${unique.map(({ id }) => id)}::text[]), unnest(${unique.map(({ type }) => type)}::text[]),
        unnest(${unique.map(({ tenantId }) => tenantId)}::text[]), unnest(${unique.map(({ occurredAt }) => occurredAt)}::timestamptz[]),
        ${textLines(unique.map(bodyOf))}
      ) AS t (id, type, tenant_id, occurred_at, body)
    ), wanted AS (
      SELECT n.notification_id, n.occurred_at, e.endpoint_id, e.disabled_at IS NULL AS is_enabled, ${deliveryId} AS delivery_id
      FROM given n JOIN webhook_endpoints e ON n.type = ANY (e.event_types) AND e.created_at <= n.occurred_at
        AND (e.tenant_id IS NULL OR e.tenant_id = n.tenant_id)
    ), stored AS (
      INSERT INTO notifications (notification_id, type, tenant_id, occurred_at, body, created_at)
      SELECT notification_id, type, tenant_id, occurred_at, body, ${now.toString()}::timestamptz
      FROM given WHERE notification_id IN (SELECT notification_id FROM wanted)
      ON CONFLICT DO NOTHING
    ), delivered AS (
      INSERT INTO webhook_deliveries
        (delivery_id, endpoint_id, notification_id, occurred_at, created_at, state, attempts, tries, due_at)
      SELECT delivery_id, endpoint_id, notification_id, occurred_at, ${now.toString()}::timestamptz,
        CASE WHEN is_enabled THEN 'pending' ELSE 'skipped' END, 0, 0, CASE WHEN is_enabled THEN ${now.toString()}::timestamptz END
      FROM wanted
      ON CONFLICT DO NOTHING
      RETURNING state
    )
    SELECT count(*) AS due FROM delivered WHERE state = 'pending'`.execute(db);
  return Number(rows[0]?.due);
}

/** Writes a notification for one endpoint alone, whatever it subscribed to. Returns the id of the delivery. */
export async function writeNotificationFor(
  db: Transaction<Tables>,
  { endpointId, notification, now }: { endpointId: string; notification: Notification; now: Temporal.Instant },
): Promise<string> {
  const { id, type, tenantId, occurredAt } = notification;
  await sql`
    INSERT INTO notifications (notification_id, type, tenant_id, occurred_at, body, created_at)
    VALUES (${id}::uuid, ${type}, ${tenantId}, ${occurredAt}::timestamptz, ${bodyOf(notification)}, ${now.toString()}::timestamptz)`.execute(
    db,
  );
  const { rows } = await sql<{ delivery_id: string }>`
    INSERT INTO webhook_deliveries
      (delivery_id, endpoint_id, notification_id, occurred_at, created_at, state, attempts, tries, due_at)
    SELECT ${deliveryId}, e.endpoint_id, n.notification_id, n.occurred_at, n.created_at, 'pending', 0, 0, n.created_at
    FROM webhook_endpoints e, notifications n
    WHERE e.endpoint_id = ${endpointId}::uuid AND n.notification_id = ${id}::uuid RETURNING delivery_id`.execute(db);
  return (rows[0] as { delivery_id: string }).delivery_id;
}
