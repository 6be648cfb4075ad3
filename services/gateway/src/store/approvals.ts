import { type Kysely, sql, type Transaction } from 'kysely';
import type { ApprovalRow, Tables } from './schema.ts';

export async function insertApproval(
  db: Transaction<Tables>,
  row: Pick<ApprovalRow, 'approval_id' | 'request' | 'input' | 'actor' | 'if_match' | 'requested_at' | 'expires_at'>,
): Promise<ApprovalRow> {
  const rows = await sql<ApprovalRow>`
    INSERT INTO approvals (approval_id, status, request, input, actor, if_match, requested_at, expires_at)
    VALUES (${row.approval_id}::uuid, 'waiting', ${row.request}, ${JSON.stringify(row.input)}::json,
      ${JSON.stringify(row.actor)}::json, ${row.if_match}, ${row.requested_at}::timestamptz, ${row.expires_at}::timestamptz)
    RETURNING *`.execute(db);
  return rows.rows[0] as ApprovalRow;
}

export async function findApproval(db: Kysely<Tables>, approvalId: string): Promise<ApprovalRow | null> {
  const rows = await sql<ApprovalRow>`SELECT * FROM approvals WHERE approval_id = ${approvalId}::uuid`.execute(db);
  return rows.rows[0] ?? null;
}

/** The same, locked until the end of the transaction. */
export async function lockApproval(db: Transaction<Tables>, approvalId: string): Promise<ApprovalRow | null> {
  const rows = await sql<ApprovalRow>`
    SELECT * FROM approvals WHERE approval_id = ${approvalId}::uuid FOR UPDATE`.execute(db);
  return rows.rows[0] ?? null;
}

/** Approvals, newest first: `limit + 1` of them if there are more than `limit`. `after` is [requested_at, approval_id]. */
export async function pageOfApprovals(
  db: Kysely<Tables>,
  query: { status: string | null; now: string; after: readonly string[] | null; limit: number },
): Promise<ApprovalRow[]> {
  const { status, now, after, limit } = query;
  const shown = sql`CASE WHEN status = 'waiting' AND expires_at <= ${now}::timestamptz THEN 'expired' ELSE status END`;
  const rows = await sql<ApprovalRow>`
    SELECT * FROM approvals
    WHERE true
      ${status === null ? sql`` : sql`AND ${shown} = ${status}`}
      ${after === null ? sql`` : sql`AND (requested_at, approval_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`}
    ORDER BY requested_at DESC, approval_id DESC LIMIT ${limit + 1}`.execute(db);
  return rows.rows;
}

/** Records the decision about a waiting command. */
export async function decide(
  db: Transaction<Tables>,
  decision: { approvalId: string; status: 'approved' | 'denied'; by: string; at: string; reason: string | null },
): Promise<ApprovalRow> {
  const rows = await sql<ApprovalRow>`
    UPDATE approvals SET status = ${decision.status}, decided_by = ${decision.by}, decided_at = ${decision.at}::timestamptz,
      reason = ${decision.reason}
    WHERE approval_id = ${decision.approvalId}::uuid RETURNING *`.execute(db);
  return rows.rows[0] as ApprovalRow;
}

/** Records what the service of an approved command has answered; the first answer stays. */
export async function recordOutcome(
  db: Transaction<Tables>,
  outcome: { approvalId: string; word: string; answer: unknown },
): Promise<ApprovalRow> {
  const rows = await sql<ApprovalRow>`
    UPDATE approvals SET answer = CASE WHEN outcome IS NULL THEN ${JSON.stringify(outcome.answer ?? null)}::json ELSE answer END,
      outcome = coalesce(outcome, ${outcome.word})
    WHERE approval_id = ${outcome.approvalId}::uuid RETURNING *`.execute(db);
  return rows.rows[0] as ApprovalRow;
}
