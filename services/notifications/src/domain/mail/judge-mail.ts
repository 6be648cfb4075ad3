import { backoffMs, mostAttempts } from '../judge-attempt.ts';

/** What came back from an attempt to send a mail. */
export type MailResult = {
  /** Reply code of the server; null: there was none. */
  code: number | null;
  /** The whole reply; null: there was none. */
  answer: string | null;
  /** How far the attempt came: to the server at all, to the acceptance of the recipient, or of the mail itself. */
  stage: 'writing' | 'server' | 'recipient' | 'content' | 'sent';
  /** True: the connection was made and then broke. */
  isBroken: boolean;
  /** True: the mail is too large for the server, and has a document that can be left out. */
  canBeSmaller: boolean;
};

export type MailJudgement = {
  outcome: 'delivered' | 'retry' | 'failed';
  /** When the next attempt is due, in milliseconds from now; null: none is. */
  nextInMs: number | null;
  /** How long the server is left alone altogether, in milliseconds; null: it is not. */
  holdMs: number | null;
  /** True: the server is left alone only if its attempt before failed too: this mail alone may be the cause. */
  isHoldDoubtful: boolean;
  /** True: the recipient gets no more mails. */
  isSuppressed: boolean;
  /** True: the mail is too large for the server; the next attempt leaves its document out. */
  isTooLarge: boolean;
};

const longestHoldMs = 5 * 60 * 1_000;

/** The enhanced status code of a reply (RFC 3463), such as `5.1.1`; null if it has none. */
const enhancedOf = (answer: string | null): string | null =>
  /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(answer ?? '')?.[1] ?? null;

/**
 * Whether a refusal of a recipient means that the address does not exist: 550, 551 or 553 without an enhanced code, or with one of the
 * classes 5.1 (address) and 5.2.1 (mailbox disabled). A full mailbox (5.2.2) and a policy (5.7) are no fault of the address, and neither
 * is a server that does not relay for us.
 */
function isHardBounce(code: number, answer: string | null): boolean {
  const enhanced = enhancedOf(answer);
  if (enhanced !== null) return /^5\.1\.\d|^5\.2\.1$/.test(enhanced) && !/relay/i.test(answer ?? '');
  return [550, 551, 553].includes(code) && !/relay|policy|blocked|denied|spam/i.test(answer ?? '');
}

/**
 * What follows from an attempt. `tries` counts the attempts of this mail, this one included. A server that cannot be reached or refuses us
 * is left alone with all mails; one that refuses a recipient or a mail is not.
 */
export function judgeMail(
  { code, answer, stage, isBroken, canBeSmaller }: MailResult,
  tries: number,
  random: number,
): MailJudgement {
  const judged = { nextInMs: null, holdMs: null, isHoldDoubtful: isBroken, isSuppressed: false, isTooLarge: false };
  if (stage === 'sent') return { ...judged, outcome: 'delivered' };
  const isPermanent = code !== null && code >= 500;
  if (canBeSmaller && tries < mostAttempts) return { ...judged, outcome: 'retry', nextInMs: 0, isTooLarge: true };
  if (isPermanent && (stage === 'recipient' || stage === 'content'))
    return { ...judged, outcome: 'failed', isSuppressed: stage === 'recipient' && isHardBounce(code, answer) };
  const wait = backoffMs(tries, random);
  const holdMs = stage === 'server' || code === 421 ? Math.min(wait, longestHoldMs) : null;
  if (tries >= mostAttempts) return { ...judged, outcome: 'failed', holdMs };
  return { ...judged, outcome: 'retry', nextInMs: wait, holdMs };
}
