import { randomUUID } from 'node:crypto';
import { type Actor, gateway, hasRole, isRefusal, type RequestContract, refuse } from '@arcadia/contracts';
import { type CommandRequest, refuseStale, type UnmanagedRequest } from '@arcadia/platform';
import { isSentByKey, personsBehind } from '../api-keys/verify-key.ts';
import type { CommandContext, Context } from '../context.ts';
import { routes } from '../routes/index.ts';
import { decide, insertApproval, lockApproval, recordOutcome } from '../store/approvals.ts';
import type { ApprovalRow, Tables } from '../store/schema.ts';
import { noSuchApproval, viewOf } from './show-approvals.ts';

/** How long a service may take for an approved command, in milliseconds. */
const deadlineMs = 10_000;

const contractOf = (name: string): RequestContract | null =>
  routes.find(({ contract }) => contract.name === name)?.contract ?? null;

/** Keeps a command that needs a second person. Its input is checked now, so that what is approved later can be sent. */
export async function createApproval(
  { input, actor, tx }: CommandRequest<typeof gateway.createApproval, Tables>,
  ctx: CommandContext,
) {
  const contract = contractOf(input.request);
  if (contract === null || !gateway.mayNeedApproval(contract))
    return refuse('invalid-input', `${input.request} is no command that needs approval.`);
  if (!hasRole(actor, contract.roles)) return mayNotSend(contract, actor);
  const parsed = contract.input.safeParse(input.input);
  if (!parsed.success) return refuse('invalid-input', `The input of ${input.request} is invalid.`);
  const now = ctx.wallClock.now();
  const row = await insertApproval(tx.sql, {
    approval_id: randomUUID(),
    request: input.request,
    input: input.input,
    actor,
    if_match: input.if_match,
    requested_at: now.toString(),
    expires_at: now.add({ hours: ctx.config.approvalHours }).toString(),
  });
  return viewOf(row, now);
}

const mayNotSend = ({ name, roles }: RequestContract, { subject }: Actor) =>
  refuse('forbidden', `${name} needs one of the roles ${roles.join(', ')}, which ${subject} does not have.`);

/** The refusal of a decision by this actor; null where it may decide. A program is no second person. */
const refuseDecision = (row: ApprovalRow, actor: Actor) => {
  const contract = contractOf(row.request);
  if (contract !== null && !hasRole(actor, contract.roles)) return mayNotSend(contract, actor);
  if (isSentByKey(actor)) return refuse('forbidden', 'An API key may not approve or deny; sign in as a person.');
  return null;
};

const refuseUnlessWaiting = (row: ApprovalRow, now: Temporal.Instant) => {
  const { status, decided_by, expires_at } = viewOf(row, now);
  if (status === 'waiting') return null;
  const how = status === 'expired' ? `expired at ${expires_at}` : `was ${status} by ${decided_by}`;
  return refuse('conflict', `The approval ${row.approval_id} ${how}; send the command again if it is still wanted.`);
};

export async function deny({ input, actor, tx }: CommandRequest<typeof gateway.deny, Tables>, ctx: CommandContext) {
  const row = await lockApproval(tx.sql, input.approval_id);
  if (row === null) return noSuchApproval(input.approval_id);
  const now = ctx.wallClock.now();
  const refused = refuseDecision(row, actor) ?? refuseUnlessWaiting(row, now);
  if (refused !== null) return refused;
  const { approval_id: approvalId, reason } = input;
  return viewOf(
    await decide(tx.sql, { approvalId, status: 'denied', by: actor.subject, at: now.toString(), reason }),
    now,
  );
}

/**
 * Approves a command and sends it on behalf of the person who requested it. The decision is final before the command is sent, and the
 * decision is audited in its own transaction, the command by the service that handles it. The command has an idempotency key of its own, so an approval that broke off is repeated by the same person without a second effect.
 */
export async function approve(request: UnmanagedRequest<typeof gateway.approve>, ctx: Context) {
  const { input, actor, traceparent } = request;
  const { approval_id: approvalId } = input;
  const decided = await ctx.transact(async (tx) => {
    const row = await lockApproval(tx.sql, approvalId);
    if (row === null) return refuseStale(gateway.approve, request.ifMatch, null) ?? noSuchApproval(approvalId);
    const now = ctx.wallClock.now();
    const refused = refuseDecision(row, actor);
    if (refused !== null) return refused;
    if ((await personsBehind(tx.sql, row.actor)).includes(actor.subject))
      return refuse(
        'forbidden',
        `${actor.subject} has sent the command, or has the key that did; another person must approve it.`,
      );
    if (row.status === 'approved' && row.decided_by === actor.subject) return row;
    const isOver = refuseStale(gateway.approve, request.ifMatch, viewOf(row, now)) ?? refuseUnlessWaiting(row, now);
    if (isOver !== null) return isOver;
    const by = { by: actor.subject, at: now.toString(), reason: null };
    const approved = await decide(tx.sql, { approvalId, status: 'approved', ...by });
    await request.audit(tx, viewOf(approved, now));
    return approved;
  });
  if (isRefusal(decided)) return decided;
  if (decided.outcome !== null) return viewOf(decided, ctx.wallClock.now());
  const contract = contractOf(decided.request);
  if (contract === null)
    throw new Error(`${decided.request} has no route, so the approval ${approvalId} cannot be sent`);
  const answer: unknown = await ctx.request(contract, decided.input as never, {
    actor: decided.actor,
    deadlineMs,
    idempotencyKey: `approval:${approvalId}`,
    ...(traceparent === null ? {} : { traceparent }),
    ...(decided.if_match === null ? {} : { ifMatch: decided.if_match }),
  });
  const word = isRefusal(answer) ? answer.refused : 'done';
  const row = await ctx.transact((tx) => recordOutcome(tx.sql, { approvalId, word, answer }));
  return viewOf(row, ctx.wallClock.now());
}
