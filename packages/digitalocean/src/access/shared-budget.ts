import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@arcadia/platform';
import { type AnswerHead, retryAfterMs, type TokenBudget } from '../budget.ts';

/** The stored budget of a token, common to all replicas. */
export type BudgetLedger = {
  /** Takes requests from the budget. Resolves to 0 if they were taken, otherwise to the time to wait, in milliseconds. */
  take(requests: number, now: Temporal.Instant): Promise<number>;
  /** Lets no request through before `until`. */
  block(until: Temporal.Instant, now: Temporal.Instant): Promise<void>;
};

/** Requests of the hour that are left to other users of the token; when no more remain, wait for the reset. */
const reserve = 100;

/** Waits are cut into slices, because another replica's response or a moved clock may change how long to wait. */
const longestSliceMs = 500;
/** After an hour every earlier request has expired, so no response justifies a longer pause. */
const longestPause = { hours: 1 };

/**
 * A token's budget, shared by every replica that uses the token. Each request is taken from the ledger separately: requests that a
 * replica took in advance could be spent after another replica had to pause, or on top of the next minute's. The budget
 * follows the service's clock: in time-lapse, a played quarter of an hour returns a quarter of an hour's requests. A clock that
 * stands still returns none however long one waits, and only a simulator is called then, so nothing waits.
 */
export function sharedBudget({ ledger, clock }: { ledger: BudgetLedger; clock: Clock }): TokenBudget {
  return {
    take: async (signal) => {
      for (;;) {
        signal?.throwIfAborted();
        const now = clock.now();
        const waitMs = await ledger.take(1, now);
        if (waitMs === 0) return;
        await delay(Math.min(waitMs, longestSliceMs), undefined, signal === undefined ? {} : { signal });
        if (clock.now().equals(now)) return;
      }
    },
    observe: async (answer) => {
      const now = clock.now();
      const until = pauseUntil(answer, now);
      if (until !== null) await ledger.block(until, now);
    },
  };
}

/** The end of the pause that a response calls for: after a 429, or when few requests of the hour remain. */
function pauseUntil({ status, headers }: AnswerHead, now: Temporal.Instant): Temporal.Instant | null {
  if (status === 429) {
    const ms = retryAfterMs(headers, now.epochMilliseconds);
    return ms === null ? null : atMostAnHour(now.add({ milliseconds: Math.min(Math.ceil(ms), 2 ** 40) }), now);
  }
  const numberIn = (name: string): number => Number.parseInt(headers.get(name) ?? '', 10);
  const [remaining, reset, limit] = [
    numberIn('ratelimit-remaining'),
    numberIn('ratelimit-reset'),
    numberIn('ratelimit-limit'),
  ];
  const kept = Math.min(reserve, Math.floor((Number.isNaN(limit) ? 5000 : limit) / 10));
  if (Number.isNaN(remaining) || Number.isNaN(reset) || remaining > kept) return null;
  const until = atMostAnHour(Temporal.Instant.fromEpochMilliseconds(Math.min(reset, 2 ** 40) * 1000), now);
  return Temporal.Instant.compare(until, now) > 0 ? until : null;
}

function atMostAnHour(until: Temporal.Instant, now: Temporal.Instant): Temporal.Instant {
  const latest = now.add(longestPause);
  return Temporal.Instant.compare(until, latest) <= 0 ? until : latest;
}
