import { setTimeout as delay } from 'node:timers/promises';
import { type AnswerHead, retryAfterMs, type TokenBudget } from './budget.ts';

/** Where the budget of a token is kept for all replicas. */
export type BudgetLedger = {
  /** Takes requests out of it; 0 when they were there, else how long to wait in milliseconds. */
  take(requests: number, now: Temporal.Instant): Promise<number>;
  block(until: Temporal.Instant, now: Temporal.Instant): Promise<void>;
};

/** Others may use the token too: below this many left in the hour, wait until more come back. */
const reserve = 100;

/** Another replica's answer, or whoever moves the clock, may have changed what there is to wait for. */
const longestNapMs = 500;
/** An hour on, every request of the past has expired: nothing an answer says is worth a longer pause. */
const longestPause = { hours: 1 };

/**
 * A token's budget, shared by every replica that uses the token. Each request is taken from the ledger by itself: what a replica
 * held in store would be spent after another was told to pause, or beside what the next minute allows. It follows the service's clock: in time-lapse a played quarter
 * of an hour gives back a quarter of an hour's requests. A clock that stands gives nothing back however long one waits, and
 * nobody but a simulator is at its other end, so then nobody waits.
 */
export function sharedBudget({
  ledger,
  clock,
}: {
  ledger: BudgetLedger;
  clock: { now(): Temporal.Instant };
}): TokenBudget {
  return {
    take: async (signal) => {
      for (;;) {
        signal?.throwIfAborted();
        const now = clock.now();
        const waitMs = await ledger.take(1, now);
        if (waitMs === 0) return;
        await delay(Math.min(waitMs, longestNapMs), undefined, signal === undefined ? {} : { signal });
        if (clock.now().equals(now)) return;
      }
    },
    observe: async (answer) => {
      const now = clock.now();
      const until = pauseAsked(answer, now);
      if (until !== null) await ledger.block(until, now);
    },
  };
}

/** What the answer asks for: to be left alone for a while (429), or not to use up the last requests of the hour. */
const pauseAsked = ({ status, headers }: AnswerHead, now: Temporal.Instant): Temporal.Instant | null => {
  if (status === 429) {
    const ms = retryAfterMs(headers, now.epochMilliseconds);
    return ms === null ? null : soonest(now.add({ milliseconds: Math.min(Math.ceil(ms), 2 ** 40) }), now);
  }
  const numberIn = (name: string): number => Number.parseInt(headers.get(name) ?? '', 10);
  const [remaining, reset, limit] = [
    numberIn('ratelimit-remaining'),
    numberIn('ratelimit-reset'),
    numberIn('ratelimit-limit'),
  ];
  const kept = Math.min(reserve, Math.floor((Number.isNaN(limit) ? 5000 : limit) / 10));
  if (Number.isNaN(remaining) || Number.isNaN(reset) || remaining > kept) return null;
  const until = soonest(Temporal.Instant.fromEpochMilliseconds(Math.min(reset, 2 ** 40) * 1000), now);
  return Temporal.Instant.compare(until, now) > 0 ? until : null;
};

const soonest = (asked: Temporal.Instant, now: Temporal.Instant): Temporal.Instant => {
  const latest = now.add(longestPause);
  return Temporal.Instant.compare(asked, latest) <= 0 ? asked : latest;
};
