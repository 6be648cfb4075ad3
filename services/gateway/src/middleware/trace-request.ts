import { traceparentShape } from '@arcadia/platform';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import type { Context, HttpEnv } from '../context.ts';

const readMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Measures a request, logs a command, and runs it as a span: a part of the caller's trace if it names one, else the beginning of a trace.
 * Reads are logged with `LOG_LEVEL=debug` alone: there are many more of them, and they change nothing.
 */
export const traceRequest =
  ({ tracing, metrics, log }: Pick<Context, 'tracing' | 'metrics' | 'log'>): MiddlewareHandler<HttpEnv> =>
  (c, next) => {
    const route = routeOf(c);
    const { method } = c.req;
    const attributes = { 'http.request.method': method, 'http.route': route };
    const span = { kind: 'server', parent: traceparentOf(c), requestId: c.get('requestId'), attributes } as const;
    const startedMs = performance.now();
    return tracing.span(`${method} ${route}`, span, async (note) => {
      await next();
      const { status } = c.res;
      const labels = { method, route, status: `${Math.floor(status / 100)}xx` };
      const tookMs = performance.now() - startedMs;
      metrics.seconds('arcadia_http_seconds', labels, tookMs / 1_000);
      const line = { method, path: c.req.path, status, ms: Math.round(tookMs) };
      if (readMethods.has(method)) log.debug(line, 'a read was answered');
      else log.info(line, 'a command was answered');
      note({ 'http.response.status_code': status, ...(status < 500 ? {} : { 'error.type': String(status) }) });
    });
  };

/** The caller's trace (W3C Trace Context), which connects a request with everything that follows from it. */
export const traceparentOf = (c: Pick<HonoContext, 'req'>): string | null =>
  traceparentShape.exec(c.req.header('traceparent') ?? '')?.[0] ?? null;

/** The path as the API describes it, without the values of the caller: few names for any number of requests. */
const routeOf = (c: HonoContext): string => {
  const path = matchedRoutes(c).at(-1)?.path ?? '/*';
  return path.replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}');
};
