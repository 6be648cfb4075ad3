import { randomUUID } from 'node:crypto';
import { errorText, type JobRun } from '@arcadia/platform';
import { type MailAnswer, type MailSender, mailSender, repliesOfMail } from '../clients/send-mail.ts';
import type { MailConfig } from '../config.ts';
import type { Context } from '../context.ts';
import { judgeMail } from '../domain/mail/judge-mail.ts';
import { enqueueNext } from '../notifications/enqueue-next.ts';
import { runAttempts } from '../notifications/run-attempts.ts';
import { sharedPace } from '../notifications/shared-pace.ts';
import { type ClaimedMail, claimMails, nextMailDue } from '../store/claim-mails.ts';
import { type AttemptedMail, settleAttempts } from './settle-attempts.ts';
import { type Documents, outgoing, type WrittenMail, writeMail } from './write-mail.ts';

/** Mails in progress for each connection: one is sent while the next is written. */
const perConnection = 3;
/** A lease outlives the attempt by this much, in milliseconds. */
const leaseMarginMs = 90_000;

/**
 * Delivers all mails that are due. They are claimed, sent and recorded like webhooks: a mail whose worker dies is due again at the end of
 * its lease, and goes out with the same `Message-ID`. Ends when nothing is due, and enqueues itself for the time of the next attempt.
 */
export async function deliverMails({ signal }: Pick<JobRun<object>, 'signal'>, ctx: Context): Promise<void> {
  const { mail } = ctx.config;
  if (mail === null) return;
  const sender = mailSender(mail.server);
  const lease = randomUUID();
  const documents: Documents = new Map();
  try {
    await runAttempts(
      {
        name: 'mail',
        mostInProgress: mail.server.connections * perConnection,
        pace: sharedPace(ctx.config, { name: 'mail', perSecond: mail.perSecond }),
        claim: claimer(ctx, mail, lease),
        attempt: (delivery: ClaimedMail) => attemptToSend(ctx, { mail, sender, documents }, delivery),
        settle: (ended: AttemptedMail[]) => settleAttempts(ctx, ended, lease),
      },
      signal,
    );
  } finally {
    sender.close();
  }
  await enqueueNext(ctx, 'deliver-mails', await nextMailDue(ctx.db));
}

/** Claims from recipient to recipient; once the last one is reached, it begins again with the first. */
function claimer(ctx: Context, mail: MailConfig, lease: string): (most: number) => Promise<ClaimedMail[]> {
  let after: string | null = null;
  return async (most) => {
    const now = ctx.clock.now();
    const until = now.add({ milliseconds: mail.server.timeoutMs * repliesOfMail + leaseMarginMs });
    const mails: ClaimedMail[] = [];
    for (let isLastRound = after === null; ; ) {
      const claimed = await claimMails(ctx.db, { most: most - mails.length, after, lease, now, until });
      mails.push(...claimed.mails);
      after = claimed.next;
      if (mails.length >= most || (after === null && isLastRound)) break;
      // The first round began in the middle; the second one begins with the first recipient.
      if (after === null) isLastRound = true;
    }
    return mails;
  };
}

type Sending = { mail: MailConfig; sender: MailSender; documents: Documents };

async function attemptToSend(
  ctx: Context,
  { mail, sender, documents }: Sending,
  delivery: ClaimedMail,
): Promise<AttemptedMail> {
  const attemptedAt = ctx.clock.now();
  const startedMs = performance.now();
  const ended = { delivery, attemptedAt, durationMs: () => Math.round(performance.now() - startedMs) };
  let written: WrittenMail;
  let answer: MailAnswer;
  try {
    written = await writeMail(ctx, mail, delivery, documents);
    if ('isSettled' in written) {
      const nothing = { code: null, answer: null, error: null, judgement: null };
      return { ...ended, durationMs: ended.durationMs(), ...nothing, stage: 'writing' };
    }
    answer = await sender.send(outgoing(mail, delivery, written.mail));
  } catch (error) {
    ctx.log.error(
      { err: error, delivery: delivery.delivery_id, type: delivery.type },
      'a mail could not be written; it will be tried again',
    );
    return judged(ended, {
      ...unsent,
      stage: 'writing',
      error: `the mail could not be written: ${errorText(error).slice(0, 400)}`,
    });
  }
  return judged(ended, answer, written.mail.attachment !== null);
}

const unsent = { code: null, answer: null, isBroken: false, isTooLarge: false };

function judged(
  {
    delivery,
    attemptedAt,
    durationMs,
  }: { delivery: ClaimedMail; attemptedAt: Temporal.Instant; durationMs: () => number },
  {
    stage,
    code,
    answer,
    error,
    isBroken,
    isTooLarge,
  }: Omit<MailAnswer, 'stage'> & { stage: MailAnswer['stage'] | 'writing' },
  hasDocument = false,
): AttemptedMail {
  const result = { stage, code, answer, isBroken, canBeSmaller: isTooLarge && hasDocument };
  const judgement = judgeMail(result, delivery.tries + 1, Math.random());
  return { delivery, attemptedAt, durationMs: durationMs(), stage, code, answer, error, judgement };
}
