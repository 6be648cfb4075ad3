import type { Actor } from '@arcadia/contracts';
import type { HttpBindings } from '@hono/node-server';
import type { HttpContext } from './context.ts';
import { problem } from './problems/problem.ts';

/** How many connections of a kind may be open at the same time at one replica: of one caller, of all callers of a tenant, and in all. */
export type SlotLimits = { caller: number; tenant: number; all: number };

const retryAfterSeconds = 30;

/**
 * Connections that stay open: live feeds, and downloads of files. Each occupies a slot from its answer until its socket closes or the
 * answer is sent, however that happens.
 */
export const createSlots = (limits: SlotLimits, what: string) => {
  const open = new Map<string, number>();
  const count = (key: string, by: number): void => {
    const after = (open.get(key) ?? 0) + by;
    if (after === 0) open.delete(key);
    else open.set(key, after);
  };
  const keysOf = ({ subject, tenant_id }: Actor): [key: string, limit: number, whose: string][] => [
    [JSON.stringify([tenant_id, subject]), limits.caller, 'of one caller'],
    ...(tenant_id === null
      ? []
      : [[JSON.stringify([tenant_id]), limits.tenant, `of the tenant ${tenant_id}`] as [string, number, string]]),
    ['', limits.all, 'of all callers'],
  ];
  return {
    /** Takes a slot for the answer of a request; the problem to answer with when there is none. */
    take(c: HttpContext): Response | null {
      const keys = keysOf(c.get('actor'));
      const full = keys.find(([key, limit]) => (open.get(key) ?? 0) >= limit);
      if (full !== undefined) {
        c.header('retry-after', String(retryAfterSeconds));
        const [, limit, whose] = full;
        return problem(
          c,
          'too-many-open',
          `At most ${limit} ${what} ${whose} may be open at the same time; close one.`,
        );
      }
      const { outgoing } = c.env as HttpBindings;
      // The event has passed already for a socket that closed while the request was prepared.
      if (outgoing.closed || outgoing.destroyed) return null;
      for (const [key] of keys) count(key, 1);
      outgoing.once('close', () => {
        for (const [key] of keys) count(key, -1);
      });
      return null;
    },
    /** How many are open. */
    size: (): number => open.get('') ?? 0,
  };
};
