import { failpoint } from '@arcadia/platform';
import type { Context } from '../context.ts';
import type { MailJudgement, MailResult } from '../domain/mail/judge-mail.ts';
import type { ClaimedMail } from '../store/claim-mails.ts';
import { noteServer, type ServerOutcome, type SettledMail, settleMails } from '../store/settle-mails.ts';

/** An attempt that has ended; without a judgement, nothing was due any more and nothing was sent. */
export type AttemptedMail = {
  delivery: ClaimedMail;
  attemptedAt: Temporal.Instant;
  durationMs: number;
  stage: MailResult['stage'];
  code: number | null;
  answer: string | null;
  error: string | null;
  judgement: MailJudgement | null;
};

/** Records attempts in one transaction, and how the mail server did. */
export async function settleAttempts(ctx: Context, attempts: readonly AttemptedMail[], lease: string): Promise<void> {
  const now = ctx.clock.now();
  await ctx.transact(async (tx) => {
    await settleMails(
      tx.sql,
      attempts.map((attempt) => settledOf(attempt, now)),
      lease,
    );
    const outcome = outcomeOf(attempts, now);
    if (outcome !== null) await noteServer(tx.sql, outcome);
    await failpoint('mail.recorded');
  });
}

const later = (now: Temporal.Instant, ms: number): Temporal.Instant => now.add({ milliseconds: ms });

const settledOf = (attempt: AttemptedMail, now: Temporal.Instant): SettledMail => {
  const { delivery, judgement, attemptedAt, durationMs, code, answer, error } = attempt;
  const common = {
    deliveryId: delivery.delivery_id,
    recipient: delivery.recipient,
    attemptedAt: attemptedAt.toString(),
    ...{ durationMs, code, answer, error },
  };
  if (judgement === null)
    return {
      ...common,
      state: 'skipped',
      skippedBecause: 'settled',
      dueAt: null,
      isWithoutDocument: false,
      isSuppressed: false,
    };
  return {
    ...common,
    state: judgement.outcome === 'retry' ? 'pending' : judgement.outcome,
    skippedBecause: null,
    dueAt: judgement.nextInMs === null ? null : later(now, judgement.nextInMs).toString(),
    isWithoutDocument: judgement.isTooLarge,
    isSuppressed: judgement.isSuppressed,
  };
};

/** How the server did: it can be reached if any mail came to a reply about its recipient or itself. Null: it was not tried. */
function outcomeOf(attempts: readonly AttemptedMail[], now: Temporal.Instant): ServerOutcome | null {
  const tried = attempts.filter(({ stage }) => stage !== 'writing');
  if (tried.length === 0) return null;
  const isReached = tried.some(({ stage, code }) => stage !== 'server' && code !== 421);
  if (isReached) return { at: now, error: null, heldUntil: null, heldIfFailing: null };
  const longest = (isDoubtful: boolean): Temporal.Instant | null => {
    const holds = tried.flatMap(({ judgement }) =>
      judgement !== null && judgement.holdMs !== null && judgement.isHoldDoubtful === isDoubtful
        ? [judgement.holdMs]
        : [],
    );
    return holds.length === 0 ? null : later(now, Math.max(...holds));
  };
  const [{ error, answer }] = tried as [AttemptedMail];
  return { at: now, error: answer ?? error ?? 'unknown', heldUntil: longest(false), heldIfFailing: longest(true) };
}
