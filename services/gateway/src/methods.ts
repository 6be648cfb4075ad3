import type { MiddlewareHandler } from 'hono';
import type { HttpEnv } from './context.ts';
import { problem } from './problems/problem.ts';
import { routes } from './routes/index.ts';

/** Addresses beside the table of routes. All take GET alone. */
const otherPaths = [
  '/api/health',
  '/api/v1/events',
  '/docs',
  '/docs/{asset}',
  '/openapi.json',
  '/problems',
  '/problems/{type}',
];

const table = [...routes, ...otherPaths.map((path) => ({ method: 'get', path }))].map(({ method, path }) => ({
  path,
  method: method.toUpperCase(),
  // A dot belongs to a file extension; braces hold a parameter.
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** The methods of each path without a parameter. A fixed word such as `/drift/accept` is not an id, whatever the method. */
const ofFixedPaths = Map.groupBy(
  table.filter(({ path }) => !path.includes('{')),
  ({ path }) => path,
);

/** What a path takes, as in `Allow`: with HEAD wherever there is GET, and OPTIONS. Empty for a path that does not exist. */
export const methodsOf = (path: string): string[] => {
  const rows = ofFixedPaths.get(path) ?? table.filter(({ pattern }) => pattern.test(path));
  const methods = new Set(rows.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method])));
  return methods.size === 0 ? [] : [...methods, 'OPTIONS'];
};

/**
 * Answers OPTIONS with `Allow`. A preflight (CORS) gets the header too, and is otherwise answered by the middleware for other origins;
 * for a path that does not exist it is a 404.
 */
export const answerOptions: MiddlewareHandler<HttpEnv> = async (c, next) => {
  if (c.req.method !== 'OPTIONS') return next();
  const methods = methodsOf(c.req.path);
  if (methods.length === 0) return unknownPath(c);
  c.header('allow', methods.join(', '));
  return c.req.header('access-control-request-method') === undefined ? c.body(null, 204) : next();
};

/** Answers a method that the path does not take with 405 and `Allow`, also where the path would pass as one with a parameter. */
export const refuseMethod: MiddlewareHandler<HttpEnv> = async (c, next) => {
  const methods = methodsOf(c.req.path);
  if (methods.length === 0 || methods.includes(c.req.method)) return next();
  c.header('allow', methods.join(', '));
  return problem(c, 'method-not-allowed', `${c.req.path} takes ${methods.join(', ')}, not ${c.req.method}.`);
};

/** Answers a path that the API does not have. */
export const unknownPath = (c: Parameters<MiddlewareHandler<HttpEnv>>[0]): Response =>
  problem(c, 'not-found', `The API has no path ${c.req.path}; see /docs.`);
