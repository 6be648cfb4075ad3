import { type Kysely, sql, type Transaction } from 'kysely';
import type { DeliveryState, Tables } from './schema.ts';

export type MailAttemptRow = {
  number: number;
  attempted_at: string;
  duration_ms: number;
  code: number | null;
  answer: string | null;
  error: string | null;
};

/** A mail with its last attempt. */
export type MailRow = {
  delivery_id: string;
  notification_id: string;
  tenant_id: string | null;
  tenant_name: string | null;
  /** Of the tenant's invoices. */
  currency: string | null;
  recipient: string;
  language: 'en' | 'de';
  type: string;
  occurred_at: string;
  body: string;
  state: DeliveryState;
  skipped_because: 'suppressed' | 'too-old' | 'settled' | null;
  is_without_document: boolean;
  attempts: number;
  tries: number;
  due_at: string | null;
  number: number | null;
  attempted_at: string | null;
  duration_ms: number | null;
  code: number | null;
  answer: string | null;
  error: string | null;
};

const shown = sql`
  d.delivery_id, d.notification_id, d.tenant_id, p.name AS tenant_name, p.currency, d.recipient, d.language, n.type, d.occurred_at, n.body, d.state,
  d.skipped_because, d.is_without_document, d.attempts, d.tries, d.due_at, a.number, a.attempted_at, a.duration_ms, a.code, a.answer, a.error`;
const joined = sql`
  mail_deliveries d JOIN notifications n USING (notification_id) LEFT JOIN mail_profiles p ON p.tenant_id = d.tenant_id
  LEFT JOIN mail_attempts a ON a.delivery_id = d.delivery_id AND a.number = d.attempts`;

const ownOnly = (tenantId: string | null) => (tenantId === null ? sql`` : sql`AND d.tenant_id = ${tenantId}`);

/** Mails, newest first: `limit + 1` of them if there are more. `after` is [occurred_at, delivery_id]. */
export async function pageOfMails(
  db: Kysely<Tables>,
  given: {
    tenantId: string | null;
    state: DeliveryState | undefined;
    recipient: string | undefined;
    after: readonly string[] | null;
    limit: number;
  },
): Promise<MailRow[]> {
  const { state, recipient, after } = given;
  const { rows } = await sql<MailRow>`
    SELECT ${shown} FROM ${joined}
    WHERE true ${ownOnly(given.tenantId)}
      ${state === undefined ? sql`` : sql`AND d.state = ${state}`}
      ${recipient === undefined ? sql`` : sql`AND lower(d.recipient) = lower(${recipient})`}
      ${after === null ? sql`` : sql`AND (d.occurred_at, d.delivery_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`}
    ORDER BY d.occurred_at DESC, d.delivery_id DESC LIMIT ${given.limit + 1}`.execute(db);
  return rows;
}

/** A mail, of one tenant if `tenantId` is given (null: of any, and the operator's). */
export async function findMail(
  db: Kysely<Tables>,
  { deliveryId, tenantId }: { deliveryId: string; tenantId: string | null },
): Promise<MailRow | null> {
  const { rows } = await sql<MailRow>`
    SELECT ${shown} FROM ${joined} WHERE d.delivery_id = ${deliveryId}::uuid ${ownOnly(tenantId)}`.execute(db);
  return rows[0] ?? null;
}

/** The last attempts of a mail, newest first. */
export async function mailAttemptsOf(db: Kysely<Tables>, deliveryId: string, most: number): Promise<MailAttemptRow[]> {
  const { rows } = await sql<MailAttemptRow>`
    SELECT number, attempted_at, duration_ms, code, answer, error FROM mail_attempts
    WHERE delivery_id = ${deliveryId}::uuid ORDER BY number DESC LIMIT ${most}`.execute(db);
  return rows;
}

/** Makes a mail due now, unless it is being sent at this moment. */
export async function makeMailDue(db: Transaction<Tables>, deliveryId: string, now: Temporal.Instant): Promise<void> {
  await sql`
    UPDATE mail_deliveries SET state = 'pending', skipped_because = NULL, due_at = ${now.toString()}::timestamptz, tries = 0
    WHERE delivery_id = ${deliveryId}::uuid AND lease IS NULL`.execute(db);
}

export type SuppressionRow = { suppression_id: string; recipient: string; suppressed_at: string; answer: string };

/** Suppressions, newest first: `limit + 1` of them if there are more. `after` is [suppressed_at, suppression_id]. */
export async function pageOfSuppressions(
  db: Kysely<Tables>,
  { recipient, after, limit }: { recipient: string | undefined; after: readonly string[] | null; limit: number },
): Promise<SuppressionRow[]> {
  const { rows } = await sql<SuppressionRow>`
    SELECT suppression_id, recipient, suppressed_at, answer FROM mail_suppressions
    WHERE true ${recipient === undefined ? sql`` : sql`AND recipient = lower(${recipient})`}
      ${after === null ? sql`` : sql`AND (suppressed_at, suppression_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`}
    ORDER BY suppressed_at DESC, suppression_id DESC LIMIT ${limit + 1}`.execute(db);
  return rows;
}

export async function isSuppressed(db: Kysely<Tables>, recipient: string): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM mail_suppressions WHERE recipient = lower(${recipient})`.execute(db);
  return rows.length > 0;
}

/** Deletes a suppression and returns it; null: there is none. */
export async function deleteSuppressionRow(
  db: Transaction<Tables>,
  suppressionId: string,
): Promise<SuppressionRow | null> {
  const { rows } = await sql<SuppressionRow>`
    DELETE FROM mail_suppressions WHERE suppression_id = ${suppressionId}::uuid
    RETURNING suppression_id, recipient, suppressed_at, answer`.execute(db);
  return rows[0] ?? null;
}

export type MailServerState = { failing_since: string | null; error: string | null; waiting: string };

/** How the mail server does, and how many mails wait, counted up to 10,000. */
export async function mailServerState(db: Kysely<Tables>): Promise<MailServerState> {
  const { rows } = await sql<MailServerState>`
    SELECT s.failing_since, s.error, (
      SELECT count(*) FROM (SELECT 1 FROM mail_deliveries WHERE state = 'pending' LIMIT 10000) w) AS waiting
    FROM (SELECT true AS is_only) one LEFT JOIN mail_server s USING (is_only)`.execute(db);
  return rows[0] as MailServerState;
}
