import { isInfrastructureError, ServiceFailed, ServiceUnavailable } from '@arcadia/platform';
import { OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import type { Context, HttpApp, HttpEnv } from './context.ts';
import { documentation } from './documentation.ts';
import { liveFeed } from './live-feed/live-feed.ts';
import { answerOptions, refuseMethod, unknownPath } from './methods.ts';
import { authenticate } from './middleware/authenticate.ts';
import { checkAddress } from './middleware/check-address.ts';
import { compressReads } from './middleware/compress-reads.ts';
import { dropRest } from './middleware/drop-rest.ts';
import { limitRate } from './middleware/limit-rate.ts';
import { KeysUnavailable } from './middleware/published-keys.ts';
import { limitBody, readBody } from './middleware/read-body.ts';
import { traceRequest } from './middleware/trace-request.ts';
import { problemPages } from './problems/pages.ts';
import { problem, problemOfIssues } from './problems/problem.ts';
import { routes } from './routes/index.ts';

/** Forbids caches to keep answers, which are meant for one caller only. */
const privately: MiddlewareHandler<HttpEnv> = async (c, next) => {
  c.header('cache-control', 'no-store');
  await next();
};

/** The whole REST API: first the public addresses, then everything that needs a token. */
export const buildServer = (ctx: Context, stopping: AbortSignal): HttpApp => {
  const app = new OpenAPIHono<HttpEnv>({
    defaultHook: (result, c) => (result.success ? undefined : problemOfIssues(c, result.target, result.error.issues)),
  });
  app.use(dropRest);
  app.use(requestId());
  app.use(traceRequest(ctx));
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
      },
    }),
  );
  app.use(checkAddress);
  app.use(answerOptions);
  app.use(
    cors({
      origin: ctx.config.corsOrigins,
      exposeHeaders: [
        'allow',
        'content-disposition',
        'etag',
        'link',
        'location',
        'x-request-id',
        'retry-after',
        'ratelimit',
        'ratelimit-policy',
      ],
      maxAge: 600,
    }),
  );
  for (const path of ['/api/v1/*', '/openapi.json', '/docs/*']) app.use(path, compressReads);
  app.get('/api/health', (c) => c.json({ service: 'gateway', status: 'ok' }));
  app.route('/', documentation(app));
  app.route('/', problemPages());
  app.use('/api/v1/*', privately, authenticate(ctx));
  app.use('/api/v1/*', refuseMethod);
  // Bodies are read after authentication, so that only a known caller makes the gateway read one.
  app.use('/api/v1/*', limitRate(ctx), limitBody, readBody);
  for (const { register } of routes) register(app, ctx);
  liveFeed(app, ctx, stopping);

  app.notFound(async (c) => (await refuseMethod(c, async () => {})) ?? unknownPath(c));
  app.onError((error, c) => {
    if (error instanceof ServiceUnavailable) {
      c.header('retry-after', '2');
      const why =
        error.reason === null ? 'does not answer at the moment' : `cannot answer at the moment: ${error.reason}`;
      return problem(c, 'unavailable', `${error.service} ${why}; try again.`);
    }
    if (error instanceof KeysUnavailable) {
      ctx.log.error({ err: error }, 'tokens cannot be verified');
      c.header('retry-after', '2');
      return problem(c, 'unavailable', 'Tokens cannot be verified at the moment; try again.');
    }
    if (isInfrastructureError(error)) {
      ctx.log.error({ err: error, requestId: c.get('requestId') }, 'the database of the gateway does not answer');
      c.header('retry-after', '2');
      return problem(c, 'unavailable', 'The gateway cannot read its database at the moment; try again.');
    }
    if (error instanceof HTTPException && error.status < 500)
      return problem(c, 'bad-request', error.message || 'The request cannot be read.');
    if (error instanceof ServiceFailed)
      return problem(c, 'internal', `${error.service} failed; incident ${error.incident} finds the error in its log.`);
    ctx.log.error(
      { err: error, requestId: c.get('requestId'), method: c.req.method, path: c.req.path },
      'a request failed',
    );
    return problem(c, 'internal', 'The gateway failed; the request id finds the error in its log.');
  });
  return app;
};
