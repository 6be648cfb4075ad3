import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@arcadia/platform';
import { type AnswerHead, LongWait, retryAfterMs, type TokenBudget } from '../budget.ts';

/** The budget of a token, common to all that use it. */
export type BudgetLedger = {
  /**
   * Takes requests from the budget. Resolves to 0 if they were taken, otherwise to the time to wait, in milliseconds. Background
   * requests are taken only while most of the budget is left, so that they delay no others.
   */
  take(requests: number, now: Temporal.Instant, isBackground?: boolean): Promise<number>;
  /** Lets no request through before `until`. */
  block(until: Temporal.Instant, now: Temporal.Instant): Promise<void>;
};

/** The requests of the last hour as the provider counts them, for everything that uses the token. */
export type TokenUse = { limit: number; remaining: number; at: Temporal.Instant };

export type BudgetObserver = {
  /** Called when requests begin to wait for at least five seconds, and with null when none waits any more. */
  onWait?: (until: Temporal.Instant | null) => void;
  /** Called at most once in five seconds of the clock. */
  onUse?: (use: TokenUse) => Promise<void> | void;
};

/** Requests of the hour that are left to other users of the token; when no more remain, wait for the reset. */
const reserve = 100;

/** Waits are cut into slices, because another replica's response or a moved clock may change how long to wait. */
const longestSliceMs = 500;
/** A wait that is worth a word, in milliseconds; shorter ones belong to normal work. */
const longWaitMs = 5_000;
/** After an hour every earlier request has expired, so no response justifies a longer pause. */
const longestPause = { hours: 1 };

/**
 * A token's budget, shared by every replica that uses the token. Each request is taken from the ledger separately: requests that a
 * replica took in advance could be spent after another replica had to pause, or on top of the next minute's. The budget
 * follows the service's clock: in time-lapse, a played quarter of an hour returns a quarter of an hour's requests. A clock that
 * stands still returns none however long one waits, and only a simulator is called then, so nothing waits.
 */
export function sharedBudget({
  ledger,
  clock,
  isBackground = false,
  longestWaitMs = Number.POSITIVE_INFINITY,
  onWait = () => undefined,
  onUse = () => undefined,
}: {
  ledger: BudgetLedger;
  clock: Clock;
  isBackground?: boolean;
  /** Milliseconds; a longer wait is a failure of the request. */
  longestWaitMs?: number;
} & BudgetObserver): TokenBudget {
  let waiting = 0;
  let usedAt: Temporal.Instant | null = null;
  const wait = async (signal: AbortSignal | undefined, first: Temporal.Instant, firstMs: number): Promise<void> => {
    let now = first;
    let waitMs = firstMs;
    let isLong = false;
    try {
      while (waitMs !== 0) {
        if (waitMs >= longWaitMs && !isLong) {
          isLong = true;
          waiting += 1;
          onWait(now.add({ milliseconds: Math.ceil(waitMs) }));
        }
        await delay(Math.min(waitMs, longestSliceMs), undefined, signal === undefined ? {} : { signal });
        const before = now;
        now = clock.now();
        if (now.equals(before)) return;
        waitMs = await ledger.take(1, now, isBackground);
        if (waitMs > longestWaitMs) throw new LongWait(waitMs);
      }
    } finally {
      if (isLong) waiting -= 1;
      if (isLong && waiting === 0) onWait(null);
    }
  };
  return {
    take: async (signal) => {
      signal?.throwIfAborted();
      const now = clock.now();
      const waitMs = await ledger.take(1, now, isBackground);
      if (waitMs !== 0) await wait(signal, now, waitMs);
    },
    observe: async (answer) => {
      const now = clock.now();
      const until = pauseUntil(answer, now);
      if (until !== null) await ledger.block(until, now);
      const use = useOf(answer, now);
      if (use === null || (usedAt !== null && isWithin(usedAt, now, 5_000))) return;
      usedAt = now;
      await onUse(use);
    },
  };
}

const isWithin = (before: Temporal.Instant, now: Temporal.Instant, ms: number): boolean =>
  Math.abs(now.epochMilliseconds - before.epochMilliseconds) < ms;

const headerNumber = (headers: Headers, name: string): number => Number.parseInt(headers.get(name) ?? '', 10);

/** A 429 for too many requests of one minute counts no hour, so its headers are not the use of the hour. */
function useOf({ status, headers }: AnswerHead, at: Temporal.Instant): TokenUse | null {
  const [limit, remaining] = [headerNumber(headers, 'ratelimit-limit'), headerNumber(headers, 'ratelimit-remaining')];
  return status === 429 || Number.isNaN(limit) || Number.isNaN(remaining) ? null : { limit, remaining, at };
}

/** The end of the pause that a response calls for: after a 429, or when few requests of the hour remain. */
function pauseUntil({ status, headers }: AnswerHead, now: Temporal.Instant): Temporal.Instant | null {
  if (status === 429) {
    const ms = retryAfterMs(headers, now.epochMilliseconds);
    return ms === null ? null : atMostAnHour(now.add({ milliseconds: Math.min(Math.ceil(ms), 2 ** 40) }), now);
  }
  const numberIn = (name: string): number => headerNumber(headers, name);
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
