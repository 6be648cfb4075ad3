import type { MiddlewareHandler } from 'hono';
import type { Context, HttpEnv } from '../context.ts';
import { problem } from '../problems/problem.ts';
import { sharedLimit } from '../rate-limit/shared-limit.ts';
import { forgetOldCounts, takePermissions } from '../store/rate-counts.ts';

const windowSeconds = 60;
/** How often a replica deletes old counts, and logs that it counts alone, in milliseconds. */
const seldomMs = 60_000;

/**
 * Limits the requests per minute of each subject, and of each tenant with all its subjects, over all replicas, and reports the limits in the
 * headers `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers). 0 switches a limit off.
 */
export const limitRate = ({ config, db, log }: Pick<Context, 'config' | 'db' | 'log'>): MiddlewareHandler<HttpEnv> => {
  const { rateLimitPerMinute: ofSubject, tenantRateLimitPerMinute: ofTenant } = config;
  const whileAlone = atMostOnceIn(seldomMs, (error) =>
    log.error({ err: error }, 'the shared request counts cannot be reached; this replica counts alone for a minute'),
  );
  const forget = atMostOnceIn(seldomMs, () => void forgetOldCounts(db).catch(whileAlone));
  const spend = sharedLimit({
    take: (wanted) => {
      forget(null);
      return takePermissions(db, wanted);
    },
    onAlone: whileAlone,
  });
  return async (c, next) => {
    const { subject, tenant_id } = c.get('actor');
    const limits = [
      { name: 'subject', limit: ofSubject, key: JSON.stringify([tenant_id, subject]) },
      { name: 'tenant', limit: tenant_id === null ? 0 : ofTenant, key: JSON.stringify([tenant_id]) },
    ].filter(({ limit }) => limit > 0);
    const states: string[] = [];
    for (const { name, limit, key } of limits) {
      const { isAllowed, left, seconds } = await spend({ key, limit });
      states.push(`"${name}";r=${left};t=${seconds}`);
      if (isAllowed) continue;
      report(c, limits, states);
      c.header('retry-after', String(seconds));
      const whose = name === 'subject' ? 'one caller' : `all callers of the tenant ${tenant_id}`;
      const detail = `At most ${limit} requests per minute are allowed to ${whose}; try again in ${seconds} s.`;
      return problem(c, 'rate-limited', detail);
    }
    if (limits.length > 0) report(c, limits, states);
    return next();
  };
};

const report = (
  c: { header: (name: string, value: string) => void },
  limits: readonly { name: string; limit: number }[],
  states: readonly string[],
): void => {
  c.header('ratelimit-policy', limits.map(({ name, limit }) => `"${name}";q=${limit};w=${windowSeconds}`).join(', '));
  c.header('ratelimit', states.join(', '));
};

/** Calls `work` unless it was called within the time. */
const atMostOnceIn = (ms: number, work: (about: unknown) => void): ((about: unknown) => void) => {
  let last = Number.NEGATIVE_INFINITY;
  return (about) => {
    if (performance.now() - last < ms) return;
    last = performance.now();
    work(about);
  };
};
