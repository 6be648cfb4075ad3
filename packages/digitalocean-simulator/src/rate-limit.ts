import type { MiddlewareHandler } from 'hono';
import { type Env, refuse } from './answers.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** The provider's limits: each request counts for an hour, and the requests of a minute are limited too. */
export interface Limits {
  readonly per_hour: number;
  readonly per_minute: number;
}

/**
 * Sends the rate limit headers with every response, and refuses requests above the limits if limits are given. Without limits the
 * remaining count stays high enough that a client does not slow down.
 */
export function rateLimit(limits: Limits | undefined): MiddlewareHandler<Env> {
  const { per_hour: perHour, per_minute: perMinute } = limits ?? { per_hour: 5000, per_minute: 250 };
  let made: number[] = [];
  return async (c, next) => {
    const now = c.get('now');
    made = made.filter((at) => at > now - hourMs);
    const inMinute = made.filter((at) => at > now - minuteMs);
    const isBurst = limits !== undefined && inMinute.length >= perMinute;
    const isRefused = isBurst || (limits !== undefined && made.length >= perHour);
    if (!isRefused) made.push(now);
    if (isRefused) c.res = refuse(c, 'too_many_requests');
    else await next();
    const remaining = isBurst ? 0 : Math.max(limits === undefined ? perHour / 2 : 0, perHour - made.length);
    c.res.headers.set('ratelimit-limit', String(perHour));
    c.res.headers.set('ratelimit-remaining', String(remaining));
    c.res.headers.set('ratelimit-reset', String(Math.ceil(((made[0] ?? now) + hourMs) / 1000)));
    if (isBurst) c.res.headers.set('retry-after', String(Math.ceil(((inMinute[0] ?? now) + minuteMs - now) / 1000)));
  };
}
