import { textLines } from '@arcadia/platform';
import { sql, type Transaction } from 'kysely';
import { bodyOf, type Notification } from '../domain/notification.ts';
import type { Tables } from './schema.ts';

/** To whom mails go beside the recipients of tenants, and what is too old to be mailed. */
export type MailPolicy = {
  /** The operator's addresses. */
  operatorRecipients: readonly string[];
  /** What occurred before this instant is not sent any more. */
  notBefore: Temporal.Instant;
};

/** A notification that is mailed: to its tenant, or to the operator. */
export type MailedNotification = Notification & { isForOperator: boolean };

/**
 * Writes a delivery for each recipient of each notification. Those that exist already stay as they are. A suppressed recipient, and what
 * is too old, is skipped.
 * @returns the number of deliveries that are due
 */
export async function writeMails(
  db: Transaction<Tables>,
  notifications: readonly MailedNotification[],
  { operatorRecipients, notBefore, now }: MailPolicy & { now: Temporal.Instant },
): Promise<number> {
  if (notifications.length === 0) return 0;
  const unique = [...new Map(notifications.map((one) => [one.id, one])).values()];
  const at = sql`${now.toString()}::timestamptz`;
  const { rows } = await sql<{ due: string }>`
    WITH given AS MATERIALIZED (
      SELECT id::uuid AS notification_id, type, tenant_id, occurred_at, is_for_operator, body FROM ROWS FROM (
        unnest(${unique.map(({ id }) => id)}::text[]), unnest(${unique.map(({ type }) => type)}::text[]),
        unnest(${unique.map(({ tenantId }) => tenantId)}::text[]), unnest(${unique.map(({ occurredAt }) => occurredAt)}::timestamptz[]),
        unnest(${unique.map(({ isForOperator }) => isForOperator)}::boolean[]), ${textLines(unique.map(bodyOf))}
      ) AS t (id, type, tenant_id, occurred_at, is_for_operator, body)
    ), wanted AS (
      SELECT g.notification_id, g.occurred_at, g.tenant_id, r.recipient, p.language
      FROM given g JOIN mail_profiles p USING (tenant_id) CROSS JOIN unnest(p.recipients) AS r (recipient) WHERE NOT g.is_for_operator
      UNION ALL
      SELECT g.notification_id, g.occurred_at, NULL, r.recipient, 'en'
      FROM given g CROSS JOIN unnest(${[...operatorRecipients]}::text[]) AS r (recipient) WHERE g.is_for_operator
    ), judged AS (
      SELECT w.*, event_id('mail-delivery', lower(w.recipient) || ':' || w.notification_id) AS delivery_id,
        CASE WHEN w.occurred_at < ${notBefore.toString()}::timestamptz THEN 'too-old'
          WHEN EXISTS (SELECT 1 FROM mail_suppressions s WHERE s.recipient = lower(w.recipient)) THEN 'suppressed' END AS because
      FROM wanted w
    ), stored AS (
      INSERT INTO notifications (notification_id, type, tenant_id, occurred_at, body, created_at)
      SELECT notification_id, type, tenant_id, occurred_at, body, ${at}
      FROM given WHERE notification_id IN (SELECT notification_id FROM wanted)
      ON CONFLICT DO NOTHING
    ), delivered AS (
      INSERT INTO mail_deliveries (delivery_id, notification_id, tenant_id, recipient, language, occurred_at, created_at, state,
        skipped_because, attempts, tries, due_at)
      SELECT delivery_id, notification_id, tenant_id, recipient, language, occurred_at, ${at},
        CASE WHEN because IS NULL THEN 'pending' ELSE 'skipped' END, because, 0, 0, CASE WHEN because IS NULL THEN ${at} END
      FROM judged
      ON CONFLICT DO NOTHING
      RETURNING state
    )
    SELECT count(*) AS due FROM delivered WHERE state = 'pending'`.execute(db);
  return Number(rows[0]?.due);
}
