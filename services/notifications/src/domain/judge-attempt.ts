/** What came back from an attempt to deliver. */
export type AttemptResult = {
  /** Status of the answer; null: there was none. */
  status: number | null;
  /** How long the server asked to wait, in milliseconds; null: it did not. */
  retryAfterMs: number | null;
};

export type Judgement = {
  outcome: 'delivered' | 'retry' | 'failed';
  /** When the next attempt is due, in milliseconds from now; null: none is. */
  nextInMs: number | null;
  /** How long the endpoint is left alone altogether, in milliseconds; null: it is not. */
  holdMs: number | null;
  /** True: the endpoint answered that it is gone for good. */
  isGone: boolean;
};

const second = 1_000;
const hour = 3_600 * second;
const first = 10 * second;
const growth = 3;
const longest = 12 * hour;

/** Attempts of a delivery, the first one included: the last is made about three days after the first. */
export const mostAttempts = 14;

/** A server may ask to wait at most this long. */
const longestRetryAfter = 24 * hour;
/** How long an endpoint that cannot be reached is left alone at most, so that it is found soon after its return. */
const longestHold = 5 * 60 * second;

/** The wait after a number of failed attempts: tripled each time, up to 12 hours, less or more by a fifth. `random` is in [0, 1). */
export const backoffMs = (failures: number, random: number): number =>
  Math.round(Math.min(longest, first * growth ** (failures - 1)) * (0.8 + 0.4 * random));

/**
 * What follows from an attempt. `tries` counts the attempts of this delivery, this one included. An endpoint that cannot be reached, or
 * asks to wait, is left alone with all its deliveries; one that refuses this event is not.
 */
export function judgeAttempt({ status, retryAfterMs }: AttemptResult, tries: number, random: number): Judgement {
  if (status !== null && status >= 200 && status < 300)
    return { outcome: 'delivered', nextInMs: null, holdMs: null, isGone: false };
  if (status === 410) return { outcome: 'failed', nextInMs: null, holdMs: null, isGone: true };
  const asked = retryAfterMs === null ? 0 : Math.min(retryAfterMs, longestRetryAfter);
  const wait = Math.max(asked, backoffMs(tries, random));
  const isUnreachable = status === null || status === 429 || status === 503;
  const holdMs = isUnreachable ? Math.max(asked, Math.min(wait, longestHold)) : null;
  if (tries >= mostAttempts) return { outcome: 'failed', nextInMs: null, holdMs, isGone: false };
  return { outcome: 'retry', nextInMs: wait, holdMs, isGone: false };
}

/** The wait that a header `Retry-After` asks for, in milliseconds: seconds or a date (RFC 9110, section 10.2.3); null if it asks for none. */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * second;
  const at = /^[A-Z][a-z]+, .* GMT$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
