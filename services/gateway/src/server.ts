import { ServiceFailed, ServiceUnavailable } from '@arcadia/platform';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { documentation } from './documentation.ts';
import { liveFeed } from './live-feed.ts';
import { authenticate, KeysUnavailable } from './middleware/authenticate.ts';
import { limitRate } from './middleware/limit-rate.ts';
import { readBody } from './middleware/read-body.ts';
import { problem, problemOfIssues } from './problem.ts';
import type { GatewayApp, GatewayContext, GatewayEnv } from './route.ts';
import { routes } from './routes/index.ts';

/** Above this a body is refused before it is read; a message between services holds at most 1 MB. */
const bodyLimitBytes = 900 * 1024;

/** What is answered to one person is for nobody else, so no cache on the way keeps it. */
const privately: MiddlewareHandler<GatewayEnv> = async (c, next) => {
  c.header('cache-control', 'no-store');
  await next();
};

const patterns = routes.map(({ method, path }) => ({
  method: method.toUpperCase(),
  // A dot in a path is an extension's; elsewhere braces hold a parameter.
  pattern: new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

const methodsOf = (path: string): string[] => [
  ...new Set(patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)),
];

/** The whole REST surface: what is public, then everything that needs a token. */
export const buildServer = (gateway: GatewayContext, stopping: AbortSignal): GatewayApp => {
  const app = new OpenAPIHono<GatewayEnv>({
    defaultHook: (result, c) => (result.success ? undefined : problemOfIssues(c, result.target, result.error.issues)),
  });
  app.use(requestId());
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
      },
    }),
  );
  app.use(
    cors({
      origin: gateway.config.corsOrigins,
      exposeHeaders: ['x-request-id', 'retry-after', 'ratelimit', 'ratelimit-policy'],
      maxAge: 600,
    }),
  );
  app.use(
    bodyLimit({
      maxSize: bodyLimitBytes,
      onError: (c) => problem(c, 413, 'too-large', `A body may hold ${bodyLimitBytes} bytes; send less at a time.`),
    }),
  );

  app.get('/api/health', (c) => c.json({ service: 'gateway', status: 'ok' }));
  app.route('/', documentation(app));
  app.use('/api/v1/*', privately, authenticate(gateway.config.tokens));
  app.use('/api/v1/*', limitRate(gateway.config.rateLimitPerMinute), readBody);
  for (const { register } of routes) register(app, gateway);
  liveFeed(app, gateway, stopping);

  app.notFound((c) => {
    const allowed = methodsOf(c.req.path);
    if (allowed.length === 0) return problem(c, 404, 'not-found', `There is no ${c.req.path}; see /docs.`);
    c.header('allow', allowed.join(', '));
    return problem(c, 405, 'method-not-allowed', `${c.req.path} takes ${allowed.join(', ')}.`);
  });
  app.onError((error, c) => {
    if (error instanceof ServiceUnavailable) {
      c.header('retry-after', '2');
      return problem(c, 503, 'unavailable', `${error.service} does not answer at the moment; try again.`);
    }
    if (error instanceof KeysUnavailable) {
      gateway.log.error({ err: error }, 'tokens cannot be verified');
      c.header('retry-after', '2');
      return problem(c, 503, 'unavailable', 'Tokens cannot be verified at the moment; try again.');
    }
    if (error instanceof HTTPException && error.status < 500)
      return problem(c, error.status as 400, 'bad-request', error.message || 'The request cannot be read.');
    if (error instanceof ServiceFailed)
      return problem(
        c,
        500,
        'internal',
        `Something went wrong in ${error.service}; incident ${error.incident} finds it in its log.`,
      );
    gateway.log.error(
      { err: error, requestId: c.get('requestId'), method: c.req.method, path: c.req.path },
      'a request failed',
    );
    return problem(c, 500, 'internal', 'Something went wrong here; the request id finds it in the log.');
  });
  return app;
};
