import { gateway } from '@arcadia/contracts';
import { ApiError } from '@arcadia/gateway-client';
import { Hono } from 'hono';
import type { Context, HttpContext, HttpEnv } from '../context.ts';
import { type Html, html, none } from '../html/html.ts';
import { showBare } from '../html/layout.ts';
import type { Session } from '../session.ts';
import { CookieTooLarge } from './cookies.ts';
import { createOpenId, SignInFailed } from './open-id.ts';

/** A longer path is not remembered: its cookie would be dropped. */
const wayBackAtMost = 1_500;

/** A path of this console; an address of another site becomes the first page. */
export const ownPath = (path: string | undefined): string =>
  path !== undefined && /^\/(?![/\\])[^\\]*$/.test(path) && !path.startsWith('/sign-') ? path : '/';

/** Signing in and out: one-time links, an identity provider, or a token of the API. */
export const signInRoutes = (ctx: Context, origin: () => string): Hono<HttpEnv> => {
  const app = new Hono<HttpEnv>();
  const openId = ctx.config.openId === null ? null : createOpenId(ctx.config.openId);
  const redirectUri = (): string => `${origin()}/sign-in/callback`;

  app.get('/sign-in', async (c) => {
    const to = ownPath(c.req.query('to'));
    // A one-time link is opened from the terminal, so it cannot carry the page.
    if (to !== '/' && to.length <= wayBackAtMost) await ctx.cookies.leaveWayBack(c, to);
    return signInPage(c, { to });
  });

  app.get('/sign-in/link/:code', async (c) => {
    const token = (await ctx.links?.redeem(c.req.param('code'))) ?? null;
    if (token === null)
      return signInPage(c, {
        to: '/',
        fault:
          'This sign-in link is not valid: it was used before, is older than 12 hours, or belongs to an earlier start. Take a new one.',
      });
    return start(c, token, ownPath((await ctx.cookies.takeWayBack(c)) ?? '/'));
  });

  app.post('/sign-in/token', async (c) => {
    const form = await c.req.parseBody();
    const to = ownPath(String(form['to'] ?? ''));
    const token = String(form['token'] ?? '').trim();
    if (token === '') return signInPage(c, { to, fault: 'Paste an access token of the API.' });
    return start(c, token, to);
  });

  app.get('/sign-in/open-id', async (c) => {
    if (openId === null) return c.redirect('/sign-in');
    const { address, attempt } = await openId.begin(redirectUri(), ownPath(c.req.query('to')));
    await ctx.cookies.startAttempt(c, attempt);
    return c.redirect(address);
  });

  app.get('/sign-in/callback', async (c) => {
    const attempt = await ctx.cookies.takeAttempt(c);
    if (openId === null || attempt === null)
      return signInPage(c, {
        to: '/',
        fault: 'Signing in took too long or was begun in another browser. Start again.',
      });
    const returned = new URL(c.req.url);
    return start(c, await openId.finish(returned, redirectUri(), attempt), attempt.to);
  });

  app.post('/sign-out', (c) => {
    ctx.cookies.endSession(c);
    return c.redirect('/sign-in', 303);
  });

  app.onError((error, c) => {
    if (!(error instanceof SignInFailed)) throw error;
    ctx.log.warn({ err: error }, 'a person could not sign in');
    return signInPage(c, { to: '/', fault: error.message });
  });

  /** Starts a session with a token that the gateway accepts. */
  const start = async (c: HttpContext, token: string, to: string): Promise<Response> => {
    let session: Session;
    try {
      session = await sessionOf(ctx, token);
      await ctx.cookies.startSession(c, session);
    } catch (error) {
      if (error instanceof CookieTooLarge)
        return signInPage(c, {
          to,
          fault: 'The access token is too large for a cookie; ask for one with fewer claims.',
        });
      if (error instanceof ApiError) return signInPage(c, { to, fault: faultOf(error) });
      throw error;
    }
    // A strict cookie is not sent along a redirect that another site began, so the browser is asked to open the page itself.
    return showBare(c, {
      title: 'You are signed in',
      body: html`<p><a href="${to}">Continue to the console</a></p>`,
      refresh: to,
    });
  };

  const signInPage = (c: HttpContext, { to, fault }: { to: string; fault?: string }): Promise<Response> =>
    showBare(c, {
      title: 'Sign in',
      body: html`${fault === undefined ? none : html`<p class="refused" role="alert">${fault}</p>`}${to === '/' ? none : html`<p>Afterwards you come back to <code>${to}</code>.</p>`}${waysIn(ctx, to)}`,
      status: fault === undefined ? 200 : 401,
    });

  return app;
};

const faultOf = (error: ApiError): string =>
  error.status === 401
    ? 'The gateway does not accept this token: it has expired, or another issuer made it.'
    : error.detail;

const sessionOf = async (ctx: Context, token: string): Promise<Session> => {
  const { subject, tenant_id, roles, expires_at } = await ctx.gateway.as(token).request(gateway.getCaller, {});
  return { token, person: { subject, tenantId: tenant_id, roles }, expiresAt: Temporal.Instant.from(expires_at) };
};

const waysIn = (ctx: Context, to: string): Html => html`
${ctx.config.openId === null ? none : html`<p><a class="button" href="/sign-in/open-id?to=${encodeURIComponent(to)}">Sign in with ${ctx.config.openId.issuer.hostname}</a></p>`}
${ctx.links === null ? none : html`<p>Open the sign-in link that <code>npm start</code> printed in your terminal: one for the operator, and one for each tenant. Each link works once.</p>`}
<details${ctx.config.openId === null && ctx.links === null ? html` open` : none}><summary>Sign in with an access token</summary>
<form method="post" action="/sign-in/token" class="form"><input type="hidden" name="to" value="${to}">
<div class="field"><label for="token">Access token</label><span class="hint" id="token-hint">The token with which programs call the API.</span><textarea id="token" name="token" rows="4" required aria-describedby="token-hint" autocomplete="off" spellcheck="false"></textarea></div>
<button type="submit">Sign in</button></form></details>`;
