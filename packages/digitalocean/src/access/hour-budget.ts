import { type RawBuilder, sql } from 'kysely';

/** Requests to take from the budget of a token, all or none. */
export type Taking = { tokenHash: string; requests: number; now: Temporal.Instant; isBackground: boolean };

/**
 * A leaky bucket that stays below the provider's 5,000 requests in every hour: at most `burst` at once, `perSecond` in the long run.
 * Background requests find a smaller bucket, so that the rest is there for the others at any time.
 */
const hour = { burst: 1_000, background: 700, perSecond: 1.08 };

/** Seconds until the bucket has these requests again. */
export const hourCost = (requests: number): number => requests / hour.perSecond;

/** Seconds that the bucket takes to fill. One millisecond more, because Postgres rounds each interval and the roundings add up. */
export const hourRoom = (isBackground: boolean): number =>
  (isBackground ? hour.background : hour.burst) / hour.perSecond + 0.001;

export const seconds = (value: number): RawBuilder<unknown> => sql`make_interval(secs => ${value}::float8)`;

/** Whether the bucket of row `b` has these requests; `hour_full_at` is when it is full again. */
export const isWithinHour = ({ requests, now, isBackground }: Taking): RawBuilder<unknown> =>
  sql`greatest(b.hour_full_at, ${now.toString()}) + ${seconds(hourCost(requests) - hourRoom(isBackground))} <= ${now.toString()}`;
