import { setTimeout as delay } from 'node:timers/promises';
import { type AnswerHead, retryAfterMs, type TokenBudget } from './budget.ts';

/** Where the budget of a token is kept for all replicas. */
export type BudgetLedger = {
  /** Takes requests out of it; 0 when they were there, else how long to wait in milliseconds. */
  take(requests: number, now: Temporal.Instant): Promise<number>;
  block(until: Temporal.Instant, now: Temporal.Instant): Promise<void>;
};

/** Requests taken from the ledger in one go, so that most requests cost no statement. */
const lease = 10;
/** Others may use the token too: below this many left in the hour, wait until more come back. */
const reserve = 100;

/**
 * A token's budget, shared by every replica that uses the token. It follows the service's clock: in time-lapse a played quarter
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
  let leased = 0;
  let leasing: Promise<void> | null = null;

  const refill = async (signal?: AbortSignal): Promise<void> => {
    for (;;) {
      signal?.throwIfAborted();
      const now = clock.now();
      const waitMs = await ledger.take(lease, now);
      if (waitMs === 0) break;
      await delay(Math.min(waitMs, 500), undefined, signal === undefined ? {} : { signal });
      if (clock.now().equals(now)) break;
    }
    leased += lease;
  };

  return {
    take: async (signal) => {
      while (leased <= 0) {
        leasing ??= refill(signal).finally(() => {
          leasing = null;
        });
        await leasing;
      }
      leased -= 1;
    },
    observe: async (answer) => {
      const now = clock.now();
      const until = pauseAsked(answer, now);
      if (until === null) return;
      leased = 0;
      await ledger.block(until, now);
    },
  };
}

/** What the answer asks for: to be left alone for a while (429), or not to use up the last requests of the hour. */
const pauseAsked = ({ status, headers }: AnswerHead, now: Temporal.Instant): Temporal.Instant | null => {
  if (status === 429) {
    const ms = retryAfterMs(headers, now.epochMilliseconds);
    return ms === null ? null : now.add({ milliseconds: Math.ceil(ms) });
  }
  const numberIn = (name: string): number => Number.parseInt(headers.get(name) ?? '', 10);
  const [remaining, reset, limit] = [
    numberIn('ratelimit-remaining'),
    numberIn('ratelimit-reset'),
    numberIn('ratelimit-limit'),
  ];
  const kept = Math.min(reserve, Math.floor((Number.isNaN(limit) ? 5000 : limit) / 10));
  if (Number.isNaN(remaining) || Number.isNaN(reset) || remaining > kept) return null;
  const until = Temporal.Instant.fromEpochMilliseconds(reset * 1000);
  return Temporal.Instant.compare(until, now) > 0 ? until : null;
};
