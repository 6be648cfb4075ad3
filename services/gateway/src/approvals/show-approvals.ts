import { type gateway, isRefusal, type RequestOutput, refuse } from '@arcadia/contracts';
import { cutPage, type ReadRequest, readCursor } from '@arcadia/platform';
import type { Context } from '../context.ts';
import { findApproval, pageOfApprovals } from '../store/approvals.ts';
import type { ApprovalRow } from '../store/schema.ts';

type View = RequestOutput<typeof gateway.getApproval>;

/** An approval as the API shows it, as of an instant. */
export const viewOf = (row: ApprovalRow, now: Temporal.Instant): View => {
  const { approval_id, request, input, requested_at, expires_at, decided_by, decided_at, reason, outcome } = row;
  const isOver = row.status === 'waiting' && Temporal.Instant.compare(expires_at, now) <= 0;
  return {
    ...{ approval_id, request, input, requested_at, expires_at, decided_by, decided_at, reason, outcome },
    status: isOver ? 'expired' : row.status,
    requested_by: row.actor.subject,
    answer: row.answer,
  };
};

export const noSuchApproval = (approvalId: string) => refuse('not-found', `There is no approval ${approvalId}.`);

export async function listApprovals({ input }: ReadRequest<typeof gateway.listApprovals>, ctx: Context) {
  const after = readCursor(input.cursor, 2);
  if (isRefusal(after)) return after;
  const now = ctx.wallClock.now();
  const query = { status: input.status ?? null, now: now.toString(), after, limit: input.limit };
  return cutPage(await pageOfApprovals(ctx.db, query), {
    limit: input.limit,
    keyOf: ({ requested_at, approval_id }) => [requested_at, approval_id],
    itemOf: (row) => viewOf(row, now),
  });
}

export async function getApproval({ input }: ReadRequest<typeof gateway.getApproval>, ctx: Context) {
  const row = await findApproval(ctx.db, input.approval_id);
  return row === null ? noSuchApproval(input.approval_id) : viewOf(row, ctx.wallClock.now());
}
