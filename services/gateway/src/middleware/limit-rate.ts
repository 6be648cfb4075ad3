import type { MiddlewareHandler } from 'hono';
import type { HttpEnv } from '../context.ts';
import { problem } from '../problems/problem.ts';

const windowSeconds = 60;
/** Callers counted at the same time; beyond it the oldest count is dropped, which errs in the caller's favour. */
const callersAtMost = 50_000;

/**
 * Limits the requests per minute of each subject of a tenant and reports the limit in the headers `RateLimit` and
 * `RateLimit-Policy`. Each replica counts on its own, so n replicas together allow n times as many; 0 switches the limit off.
 */
export const limitRate = (perMinute: number): MiddlewareHandler<HttpEnv> => {
  const windows = new Map<string, { until: number; left: number }>();
  return async (c, next) => {
    if (perMinute === 0) return next();
    const { subject, tenant_id } = c.get('actor');
    const caller = JSON.stringify([tenant_id, subject]);
    const now = Date.now();
    let window = windows.get(caller);
    if (window === undefined || window.until <= now) {
      windows.delete(caller);
      if (windows.size >= callersAtMost) windows.delete(windows.keys().next().value ?? '');
      window = { until: now + windowSeconds * 1000, left: perMinute };
      windows.set(caller, window);
    }
    const seconds = Math.ceil((window.until - now) / 1000);
    c.header('ratelimit-policy', `"subject";q=${perMinute};w=${windowSeconds}`);
    c.header('ratelimit', `"subject";r=${Math.max(0, window.left - 1)};t=${seconds}`);
    if (window.left === 0) {
      c.header('retry-after', String(seconds));
      return problem(
        c,
        'rate-limited',
        `At most ${perMinute} requests per minute are allowed; try again in ${seconds} s.`,
      );
    }
    window.left -= 1;
    return next();
  };
};
