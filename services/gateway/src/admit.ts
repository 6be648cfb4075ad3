import { hasRole, type RequestContract } from '@arcadia/contracts';
import type { Context, MiddlewareHandler } from 'hono';
import { parseAccept } from 'hono/utils/accept';
import type { HttpEnv } from './context.ts';
import type { Method } from './operation.ts';
import { describeUnknown, queryNamesOf } from './parameters.ts';
import { problem } from './problems/problem.ts';

type Admitted = { method: Method; path: string; contract: RequestContract };

/**
 * Refuses a request before it is parsed: of a caller without one of the contract's roles (403), of one that accepts no representation
 * that the route has (406), and with a query parameter that is unknown or given twice (400). The owning service checks roles again.
 */
export const admit = (route: Admitted, mediaType = 'application/json'): MiddlewareHandler<HttpEnv> => {
  const { contract } = route;
  const names = queryNamesOf(route);
  return async (c, next) => {
    const { roles } = c.get('actor');
    if (!hasRole(c.get('actor'), contract.roles)) {
      const needed = `${contract.name} needs one of the roles ${contract.roles.join(', ')}`;
      return problem(c, 'forbidden', `${needed}; the token has ${roles.join(', ') || 'no known role'}.`);
    }
    return refuseAccept(c, mediaType) ?? refuseParameters(c, names) ?? next();
  };
};

/** Answers 406 if the caller does not accept the one media type of an address; null if it does. */
export const refuseAccept = (c: Context, mediaType: string): Response | null => {
  const header = c.req.header('accept');
  if (header === undefined || isAccepted(header, mediaType)) return null;
  return problem(
    c,
    'not-acceptable',
    `${c.req.path} is answered as ${mediaType}; accept that, or leave \`Accept\` out.`,
  );
};

/** Whether `Accept` names the media type, or a range that holds it, the most specific range deciding (RFC 9110, section 12.5.1). */
const isAccepted = (header: string, mediaType: string): boolean => {
  const [main] = mediaType.split('/');
  const ranges = parseAccept(header);
  for (const range of [mediaType, `${main}/*`, '*/*']) {
    const found = ranges.filter(({ type }) => type.toLowerCase() === range);
    if (found.length > 0) return found.some(({ q }) => q > 0);
  }
  return ranges.length === 0;
};

/** Answers 400 if a query parameter is unknown or repeated, naming the right one; null if all are in order. */
export const refuseParameters = (c: Context, names: readonly string[]): Response | null => {
  const given = Object.entries(c.req.queries());
  const unknown = given.filter(([name]) => !names.includes(name));
  if (unknown.length > 0) {
    const errors = unknown.map(([name]) => ({
      pointer: pointerTo(name),
      detail: describeUnknown(name, names, 'parameter'),
    }));
    return problem(c, 'unknown-parameter', errors.map(({ detail }) => detail).join(' '), { errors });
  }
  const repeated = given.filter(([, values]) => values.length > 1).map(([name]) => name);
  if (repeated.length === 0) return null;
  const errors = repeated.map((name) => ({ pointer: pointerTo(name), detail: 'given more than once; send one value' }));
  return problem(c, 'bad-request', `Send each parameter once; ${repeated.join(', ')} is given more than once.`, {
    errors,
  });
};

const pointerTo = (name: string): string => `/query/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
