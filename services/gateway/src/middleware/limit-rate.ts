import type { MiddlewareHandler } from 'hono';
import { problem } from '../problem.ts';
import type { GatewayEnv } from '../route.ts';

const windowSeconds = 60;
/** Callers counted at once; above it the oldest window is forgotten, which errs on the caller's side. */
const callersAtMost = 50_000;

/**
 * So many requests a minute for each subject of a tenant, told in the headers `RateLimit` and `RateLimit-Policy`. Every
 * replica counts for itself, so the bound of n replicas is n times as high; 0 switches it off.
 */
export const limitRate = (perMinute: number): MiddlewareHandler<GatewayEnv> => {
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
      return problem(c, 429, 'rate-limited', `At most ${perMinute} requests a minute; go on in ${seconds} s.`);
    }
    window.left -= 1;
    return next();
  };
};
