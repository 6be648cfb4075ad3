import { ApiError } from '@arcadia/gateway-client';
import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { contextStorage } from 'hono/context-storage';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { sentValues } from './command.ts';
import type { Context, HttpApp, HttpContext, HttpEnv } from './context.ts';
import { html, none } from './html/html.ts';
import { isEntered, keptUntilSignedIn } from './html/kept-form.ts';
import { show, showBare } from './html/layout.ts';
import { liveFeed, workFeed } from './live.ts';
import { pages } from './pages.ts';
import { signInRoutes } from './sign-in/routes.ts';

/** No form of the console is larger; the largest holds a file of list prices. */
const formBytesAtMost = 600 * 1024;

/** The whole console: first the public addresses, then everything that needs a session. */
export const buildServer = (ctx: Context, origin: () => string): HttpApp => {
  const app = new Hono<HttpEnv>();
  app.use(contextStorage());
  app.use(async (c, next) => {
    c.set('ctx', ctx);
    await next();
  });
  app.use(requestId());
  app.use(headers);
  app.get('/health/live', (c) => c.json({ service: 'console', ok: true }));
  app.get('/health/ready', async (c) => {
    const isReady = await ctx.gateway.ready().then(
      () => true,
      () => false,
    );
    return c.json({ service: 'console', ok: isReady, facts: { gateway: { ok: isReady } } }, isReady ? 200 : 503);
  });
  app.get('/assets/:name', asset);
  app.use(answerHead);
  app.use(compress());
  app.use(bodyLimit({ maxSize: formBytesAtMost, onError: (c) => c.text('The form is too large.', 413) }));
  app.use(sameOrigin(origin));
  app.route('/', signInRoutes(ctx, origin));
  app.use(signedIn);
  app.get('/live', liveFeed);
  app.get('/work/:name', workFeed);
  for (const register of pages) register(app);
  app.notFound((c) => missingPage(c, 'There is no page at this address.'));
  app.onError((error, c) => failedPage(error, c));
  return app;
};

const headers: MiddlewareHandler<HttpEnv> = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: 'DENY',
  referrerPolicy: 'same-origin',
});

/**
 * Ends the body that HEAD has no reader for. A feed or a download would otherwise stay open at the gateway, where it takes one of the
 * connections that a caller may have.
 */
const answerHead: MiddlewareHandler<HttpEnv> = async (c, next) => {
  await next();
  if (c.req.method !== 'HEAD') return;
  const { body } = c.res;
  c.res = new Response(null, c.res);
  await body?.cancel();
};

const asset = (c: HttpContext): Response => {
  const found = c.get('ctx').assets.find(c.req.param('name') ?? '');
  if (found === null) return c.text('There is no such file.', 404);
  const isZipped = /\bgzip\b/.test(c.req.header('accept-encoding') ?? '');
  return c.body(Uint8Array.from(isZipped ? found.zipped : found.content), 200, {
    'content-type': found.mediaType,
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'accept-encoding',
    ...(isZipped ? { 'content-encoding': 'gzip' } : {}),
  });
};

/** Refuses a command that another site sent. The session cookie is strict as well; this holds without any cookie. */
const sameOrigin =
  (origin: () => string): MiddlewareHandler<HttpEnv> =>
  async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next();
    const site = c.req.header('sec-fetch-site');
    const from = c.req.header('origin');
    const isOwn = site === undefined ? from === origin() || from === hostOrigin(c) : site === 'same-origin';
    return isOwn ? next() : c.text('A command must come from a page of this console.', 403);
  };

const hostOrigin = (c: HttpContext): string => `${new URL(c.req.url).protocol}//${c.req.header('host') ?? ''}`;

/** Lets a signed-in person through, with the gateway as that person; sends everybody else to the sign-in page and back. */
const signedIn: MiddlewareHandler<HttpEnv> = async (c, next) => {
  const { cookies, gateway } = c.get('ctx');
  const session = await cookies.session(c);
  if (session === null) return toSignIn(c);
  c.set('session', session);
  c.set('api', gateway.as(session.token));
  c.header('cache-control', 'no-store');
  return next();
};

const toSignIn = async (c: HttpContext): Promise<Response> => {
  const isForm = c.req.method === 'POST';
  const to = isForm ? pageOfForm(c) : pathOf(c.req.url);
  const address = `/sign-in?to=${encodeURIComponent(to)}`;
  // htmx follows a redirect within the page; this header has it open the sign-in page instead.
  if (c.req.header('hx-request') !== undefined) return c.body(null, 204, { 'hx-redirect': address });
  const values = isForm ? await sentValues(c) : {};
  if (isEntered(values)) return keptUntilSignedIn(c, values, address);
  return c.redirect(address, 303);
};

const pathOf = (address: string): string => {
  const { pathname, search } = new URL(address);
  return `${pathname}${search}`;
};

/** The page of a sent form, which its browser names; the first page where it does not. */
const pageOfForm = (c: HttpContext): string => {
  const from = c.req.header('referer');
  return from !== undefined && URL.canParse(from) && new URL(from).host === c.req.header('host') ? pathOf(from) : '/';
};

const missingPage = (c: HttpContext, sentence: string): Response | Promise<Response> =>
  show(c, {
    title: 'Not found',
    current: '',
    status: 404,
    body: html`<p>${sentence}</p><p><a href="/">Go to the first page</a></p>`,
  });

const forbiddenPage = (c: HttpContext, sentence: string): Response | Promise<Response> => {
  const before = pageOfForm(c);
  const back = before === '/' || before === pathOf(c.req.url) ? none : html`<a href="${before}">Go back</a> or `;
  const body = html`<p>${sentence}</p><p>${back}<a href="/">go to the first page</a>. If you need it, ask an administrator for another role.</p>`;
  return show(c, { title: 'Not for your role', current: '', status: 403, body });
};

const failedPage = async (error: Error, c: HttpContext): Promise<Response> => {
  if (error instanceof ApiError && error.status === 401) {
    c.get('ctx').cookies.endSession(c);
    return toSignIn(c);
  }
  if (error instanceof ApiError && error.status === 404) return missingPage(c, error.detail);
  if (error instanceof ApiError && error.status === 403) return forbiddenPage(c, error.detail);
  if (error instanceof ApiError && error.status < 500)
    return show(c, { title: 'The request was refused', current: '', status: 422, body: html`<p>${error.detail}</p>` });
  const requestId = String(c.get('requestId'));
  c.get('ctx').log.error({ err: error, requestId, method: c.req.method, path: c.req.path }, 'a page failed');
  const isUnavailable = error instanceof ApiError && error.status === 503;
  const sentence = isUnavailable
    ? error.detail
    : `The page could not be made; the request ${requestId} finds the error in the log.`;
  const body = html`<p class="missing" role="alert">${sentence}</p><p><a href="">Try again</a></p>`;
  const title = isUnavailable ? 'Not available at the moment' : 'Something failed';
  if (c.get('session') === undefined) return showBare(c, { title, body, status: 503 });
  return show(c, { title, current: '', status: isUnavailable ? 503 : 500, body });
};
