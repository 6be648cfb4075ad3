import { setTimeout as wait } from 'node:timers/promises';

/** The parts of a response from which a budget learns. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Headers;
}

/** The limits of the provider allow no request for longer than the caller is to wait. Nothing was sent. */
export class LongWait extends Error {
  override readonly name = 'LongWait';
  readonly ms: number;

  constructor(ms: number) {
    super(`the provider's limits allow no request for ${Math.ceil(ms / 1000)} s`);
    this.ms = ms;
  }
}

/** The remaining requests of a token. One token has one budget: replicas that share a token must share its budget. */
export interface TokenBudget {
  /**
   * Waits for permission to send one request. Rejects if the signal aborts first.
   * @throws LongWait when the wait is longer than its caller is to wait
   */
  take(signal?: AbortSignal): Promise<void>;
  observe(answer: AnswerHead): void | Promise<void>;
}

export interface TokenBudgetOptions {
  /** Default 250. */
  readonly perMinute?: number;
  /** Default 5000, sliding: each request counts for an hour. */
  readonly perHour?: number;
  /** Requests of the hour that are left to other users of the token. Default 100. */
  readonly reserve?: number;
  readonly now?: () => Temporal.Instant;
}

const minuteMs = 60_000;
const hourMs = 3_600_000;

/** A budget for one process. It pauses before the token is exhausted and obeys the provider's `ratelimit-*` and `retry-after` headers. */
export function createTokenBudget(options: TokenBudgetOptions = {}): TokenBudget {
  const { perMinute = 250, now = () => Temporal.Now.instant() } = options;
  let { perHour = 5000 } = options;
  let reserve = Math.min(options.reserve ?? 100, Math.floor(perHour / 10));
  let taken: number[] = [];
  let pausedUntil = 0;

  const waitMs = (at: number): number => {
    taken = taken.filter((time) => time > at - hourMs);
    const inMinute = taken.filter((time) => time > at - minuteMs);
    const oldestOf = (times: readonly number[], limit: number, span: number): number =>
      times.length < limit ? 0 : (times[times.length - limit] ?? at) + span - at;
    return Math.max(
      pausedUntil - at,
      oldestOf(inMinute, perMinute, minuteMs),
      oldestOf(taken, perHour - reserve, hourMs),
      0,
    );
  };

  return {
    take: async (signal) => {
      for (;;) {
        signal?.throwIfAborted();
        const at = now().epochMilliseconds;
        const ms = waitMs(at);
        if (ms <= 0) {
          taken.push(at);
          return;
        }
        // In slices, because a test or a player may move the clock.
        await wait(Math.min(ms, 500), undefined, signal === undefined ? {} : { signal });
      }
    },
    observe: ({ status, headers }) => {
      const at = now().epochMilliseconds;
      const limit = headerNumber(headers, 'ratelimit-limit');
      const remaining = headerNumber(headers, 'ratelimit-remaining');
      const reset = headerNumber(headers, 'ratelimit-reset');
      if (limit !== null && limit < perHour) {
        perHour = limit;
        reserve = Math.min(reserve, Math.floor(limit / 10));
      }
      if (status === 429) {
        const ms = retryAfterMs(headers, at);
        if (ms !== null) pausedUntil = Math.max(pausedUntil, at + ms);
      } else if (remaining !== null && remaining <= reserve && reset !== null) {
        pausedUntil = Math.max(pausedUntil, Math.min(reset * 1000, at + hourMs));
      }
    },
  };
}

/** The pause that a response requires, in milliseconds: `retry-after`, or if no requests remain the time until the oldest one expires. */
export function retryAfterMs(headers: Headers, at: number): number | null {
  const seconds = headerNumber(headers, 'retry-after');
  if (seconds !== null) return seconds * 1000;
  const reset = headerNumber(headers, 'ratelimit-reset');
  const remaining = headerNumber(headers, 'ratelimit-remaining');
  return reset !== null && remaining === 0 ? Math.max(0, reset * 1000 - at) : null;
}

function headerNumber(headers: Headers, name: string): number | null {
  const text = headers.get(name);
  if (text === null || text.trim() === '') return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
