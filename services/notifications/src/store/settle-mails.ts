import { sql, type Transaction } from 'kysely';
import type { Tables } from './schema.ts';

/** An attempt to deliver a mail and what follows from it. */
export type SettledMail = {
  deliveryId: string;
  recipient: string;
  state: 'pending' | 'delivered' | 'failed' | 'skipped';
  skippedBecause: 'settled' | null;
  dueAt: string | null;
  /** True: it is sent without its document from now on, because the server found it too large. */
  isWithoutDocument: boolean;
  /** True: the server refused the recipient for good. */
  isSuppressed: boolean;
  attemptedAt: string;
  durationMs: number;
  code: number | null;
  answer: string | null;
  error: string | null;
};

/** Records attempts, each in its delivery and in the log. A delivery whose lease was lost stays as it is. */
export async function settleMails(
  db: Transaction<Tables>,
  settled: readonly SettledMail[],
  lease: string,
): Promise<void> {
  if (settled.length === 0) return;
  await sql`
    WITH given AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(settled)}::jsonb) AS t (
        "deliveryId" uuid, state text, "skippedBecause" text, "dueAt" timestamptz, "isWithoutDocument" boolean, "attemptedAt" timestamptz,
        "durationMs" int, code int, answer text, error text)
    ), updated AS (
      UPDATE mail_deliveries d SET state = g.state, skipped_because = g."skippedBecause", due_at = g."dueAt", lease = NULL,
        is_without_document = d.is_without_document OR g."isWithoutDocument",
        attempts = attempts + CASE WHEN g.state = 'skipped' THEN 0 ELSE 1 END,
        tries = tries + CASE WHEN g.state = 'skipped' THEN 0 ELSE 1 END
      FROM given g WHERE d.delivery_id = g."deliveryId" AND d.lease = ${lease}::uuid
      RETURNING d.delivery_id, d.attempts, d.state
    )
    INSERT INTO mail_attempts (delivery_id, number, attempted_at, duration_ms, code, answer, error)
    SELECT u.delivery_id, u.attempts, g."attemptedAt", g."durationMs", g.code, g.answer, g.error
    FROM updated u JOIN given g ON g."deliveryId" = u.delivery_id WHERE u.state <> 'skipped'
    ON CONFLICT DO NOTHING`.execute(db);
  await suppress(
    db,
    settled.filter(({ isSuppressed }) => isSuppressed),
  );
}

/** Suppresses recipients; what waits for them and is not being sent is skipped. */
async function suppress(db: Transaction<Tables>, refused: readonly SettledMail[]): Promise<void> {
  if (refused.length === 0) return;
  await sql`
    WITH given AS (
      SELECT DISTINCT ON (lower(recipient)) lower(recipient) AS recipient, "attemptedAt" AS at, answer
      FROM jsonb_to_recordset(${JSON.stringify(refused)}::jsonb) AS t (recipient text, "attemptedAt" timestamptz, answer text)
      ORDER BY 1, 2
    ), added AS (
      INSERT INTO mail_suppressions (suppression_id, recipient, suppressed_at, answer)
      SELECT event_id('mail-suppression', recipient || ':' || at::text), recipient, at, coalesce(answer, '') FROM given
      ON CONFLICT DO NOTHING
    )
    UPDATE mail_deliveries d SET state = 'skipped', skipped_because = 'suppressed', due_at = NULL
    FROM given g WHERE lower(d.recipient) = g.recipient AND d.state = 'pending' AND d.lease IS NULL`.execute(db);
}

/** How the server did in some attempts. */
export type ServerOutcome = {
  at: Temporal.Instant;
  /** Null: it could be reached. */
  error: string | null;
  heldUntil: Temporal.Instant | null;
  /** The same if it was failing already. */
  heldIfFailing: Temporal.Instant | null;
};

/** Records how the server did: whether it could be reached, and until when it is left alone. */
export async function noteServer(
  db: Transaction<Tables>,
  { at, error, heldUntil, heldIfFailing }: ServerOutcome,
): Promise<void> {
  const failingSince = error === null ? null : at.toString();
  const successAt = error === null ? at.toString() : null;
  const [hold, doubtful] = [heldUntil?.toString() ?? null, heldIfFailing?.toString() ?? null];
  await sql`
    INSERT INTO mail_server AS s (is_only, failing_since, held_until, error, last_success_at)
    VALUES (true, ${failingSince}::timestamptz, ${hold}::timestamptz, ${error}, ${successAt}::timestamptz)
    ON CONFLICT (is_only) DO UPDATE SET
      failing_since = CASE WHEN excluded.failing_since IS NULL THEN NULL ELSE coalesce(s.failing_since, excluded.failing_since) END,
      held_until = CASE WHEN excluded.failing_since IS NULL THEN NULL
        ELSE greatest(s.held_until, excluded.held_until, CASE WHEN s.failing_since IS NOT NULL THEN ${doubtful}::timestamptz END) END,
      error = excluded.error, last_success_at = greatest(s.last_success_at, excluded.last_success_at)
    WHERE excluded.failing_since IS NOT NULL OR s.failing_since IS NOT NULL
      OR s.last_success_at IS NULL OR excluded.last_success_at > s.last_success_at + interval '1 minute'`.execute(db);
}
