import { type Kysely, sql } from 'kysely';
import type { MailRow } from './mails.ts';
import type { Tables } from './schema.ts';
import { takeTurn } from './take-turn.ts';

/** A mail that this worker has claimed, with all that is needed to write it. */
export type ClaimedMail = Pick<
  MailRow,
  | 'delivery_id'
  | 'notification_id'
  | 'tenant_id'
  | 'tenant_name'
  | 'currency'
  | 'recipient'
  | 'language'
  | 'type'
  | 'occurred_at'
  | 'body'
  | 'is_without_document'
  | 'tries'
>;

/** The most mails in progress for one recipient over all replicas, so that one whose server stalls holds no other up. */
const mostForOne = 2;

/**
 * Claims mails that are due until the lease ends, going through the recipients with due mails in their order from the one after `after`. A mail server
 * that fails gets one mail at a time, and one that is to be left alone none.
 * @returns the mails, and the recipient after which to go on; null: the last recipient was reached
 */
export async function claimMails(
  db: Kysely<Tables>,
  given: { most: number; after: string | null; lease: string; now: Temporal.Instant; until: Temporal.Instant },
): Promise<{ mails: ClaimedMail[]; next: string | null }> {
  const at = sql`${given.now.toString()}::timestamptz`;
  return await db.transaction().execute(async (trx) => {
    // One claim at a time, so that the counts of what is in progress are exact.
    await takeTurn(trx, 'claim mails');
    const most = Math.min(given.most, await placesAt(trx, given.now));
    if (most === 0) return { mails: [], next: null };
    const { rows } = await sql<ClaimedMail & { last_recipient: string | null; recipients: string }>`
      WITH RECURSIVE waiting (recipient) AS (
        (SELECT recipient FROM mail_deliveries WHERE state = 'pending' AND due_at <= ${at} AND recipient > ${given.after ?? ''}
          ORDER BY recipient LIMIT 1)
        UNION ALL
        (SELECT (SELECT d.recipient FROM mail_deliveries d WHERE d.state = 'pending' AND d.due_at <= ${at} AND d.recipient > w.recipient
                ORDER BY d.recipient LIMIT 1)
        FROM waiting w WHERE w.recipient IS NOT NULL)
      ), seen AS MATERIALIZED (SELECT recipient FROM waiting WHERE recipient IS NOT NULL LIMIT ${most}
      ), chosen AS (
        SELECT d.delivery_id
        FROM seen s CROSS JOIN LATERAL (
          SELECT delivery_id, due_at FROM mail_deliveries d
          WHERE d.recipient = s.recipient AND d.state = 'pending' AND d.due_at <= ${at}
          ORDER BY d.due_at LIMIT greatest(0, ${mostForOne}::int - (
            SELECT count(*) FROM mail_deliveries p
            WHERE p.recipient = s.recipient AND p.state = 'pending' AND p.lease IS NOT NULL AND p.due_at > ${at}))
        ) d
        ORDER BY d.due_at LIMIT ${most}
      ), claimed AS (
        UPDATE mail_deliveries d SET lease = ${given.lease}::uuid, due_at = ${given.until.toString()}::timestamptz
        WHERE delivery_id IN (SELECT delivery_id FROM chosen)
        RETURNING d.delivery_id, d.notification_id, d.tenant_id, d.recipient, d.language, d.occurred_at, d.is_without_document, d.tries
      )
      SELECT c.*, n.type, n.body, p.name AS tenant_name, p.currency,
        s.last_recipient, s.recipients
      FROM (SELECT max(recipient) AS last_recipient, count(*) AS recipients FROM seen) s
      LEFT JOIN claimed c ON true LEFT JOIN notifications n USING (notification_id) LEFT JOIN mail_profiles p ON p.tenant_id = c.tenant_id`.execute(
      trx,
    );
    const { last_recipient: last = null, recipients = '0' } = rows[0] ?? {};
    return {
      mails: rows.filter(({ delivery_id }) => delivery_id !== null),
      next: Number(recipients) < most ? null : last,
    };
  });
}

/** How many mails the server may be given now. */
async function placesAt(db: Kysely<Tables>, now: Temporal.Instant): Promise<number> {
  const at = sql`${now.toString()}::timestamptz`;
  const { rows } = await sql<{ is_held: boolean; in_progress: string }>`
    SELECT coalesce(held_until > ${at}, false) AS is_held, (
      SELECT count(*) FROM mail_deliveries WHERE state = 'pending' AND lease IS NOT NULL AND due_at > ${at}) AS in_progress
    FROM mail_server WHERE failing_since IS NOT NULL`.execute(db);
  const [server] = rows;
  if (server === undefined) return Number.MAX_SAFE_INTEGER;
  return server.is_held || Number(server.in_progress) > 0 ? 0 : 1;
}

/** When the next mail is due; null: nothing waits. */
export async function nextMailDue(db: Kysely<Tables>): Promise<string | null> {
  const { rows } = await sql<{ due_at: string | null }>`
    SELECT greatest(
      (SELECT min(due_at) FROM mail_deliveries WHERE state = 'pending'),
      CASE WHEN EXISTS (SELECT 1 FROM mail_deliveries WHERE state = 'pending') THEN (SELECT held_until FROM mail_server) END
    ) AS due_at`.execute(db);
  return rows[0]?.due_at ?? null;
}
