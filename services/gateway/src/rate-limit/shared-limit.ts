import type { Taken } from '../store/rate-counts.ts';

/** Whether a request may pass, and what is left of the minute as far as this replica knows. */
export type Spent = { isAllowed: boolean; left: number; seconds: number };

type Limit = { key: string; limit: number };

/** Permissions that this replica holds for the present minute of a key. */
type Minute = { held: number; remaining: number; endsAt: number; taking: Promise<void> | null };

/** Keys of which something is held at the same time; beyond it the oldest is forgotten, with what is held. */
const keysAtMost = 50_000;
/** A replica takes this part of a limit at once, so a busy caller waits for Postgres at most fifty times a minute. */
const parts = 50;
/** Near its end a limit is taken in smaller parts, so that no replica holds what another one's caller needs. */
const partsOfRest = 8;
/** Postgres may take this long, in milliseconds, before a replica counts alone. */
const patienceMs = 500;
const minuteMs = 60_000;

/**
 * Limits the requests per minute of each key over all replicas. Each takes permissions in advance from the shared count, so together they
 * never let more than `limit` pass. A replica that cannot reach the count lets `limit` pass by itself for a minute: for as long as it is
 * away, n replicas allow n times as many.
 */
export const sharedLimit = ({
  take,
  onAlone,
  now = () => performance.now(),
}: {
  take: (wanted: { key: string; wanted: number; limit: number }) => Promise<Taken>;
  /** Called when the shared count cannot be reached. */
  onAlone: (error: unknown) => void;
  now?: () => number;
}): ((wanted: Limit) => Promise<Spent>) => {
  const minutes = new Map<string, Minute>();

  const minuteOf = ({ key, limit }: Limit): Minute => {
    const found = minutes.get(key);
    if (found !== undefined && found.endsAt > now()) return found;
    minutes.delete(key);
    if (minutes.size >= keysAtMost) minutes.delete(minutes.keys().next().value ?? '');
    const fresh = { held: 0, remaining: limit, endsAt: Number.POSITIVE_INFINITY, taking: null };
    minutes.set(key, fresh);
    return fresh;
  };

  const refill = async (minute: Minute, { key, limit }: Limit): Promise<void> => {
    const part = Math.floor(Math.min(limit / parts, minute.remaining / partsOfRest));
    const wanted = Math.max(1, part);
    try {
      const { granted, remaining, leftMs } = await withinPatience(take({ key, wanted, limit }));
      // The minute of Postgres has changed since: what was held belongs to the former one.
      Object.assign(minute, { held: granted, remaining, endsAt: now() + leftMs });
    } catch (error) {
      Object.assign(minute, { held: limit, remaining: 0, endsAt: now() + minuteMs });
      onAlone(error);
    } finally {
      minute.taking = null;
    }
  };

  return async (wanted) => {
    let minute = minuteOf(wanted);
    while (minute.held === 0 && minute.remaining > 0) {
      minute.taking ??= refill(minute, wanted);
      await minute.taking;
      minute = minuteOf(wanted);
    }
    const isAllowed = minute.held > 0;
    if (isAllowed) minute.held -= 1;
    const seconds = Math.max(1, Math.ceil((minute.endsAt - now()) / 1000));
    return { isAllowed, left: minute.held + minute.remaining, seconds };
  };
};

const withinPatience = async (taking: Promise<Taken>): Promise<Taken> => {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
  try {
    return await Promise.race([taking, late.promise]);
  } finally {
    clearTimeout(timer);
  }
};
