import type { Api, Gateway } from '@arcadia/gateway-client';
import type { Logger } from '@arcadia/platform';
import type { Hono, Context as HonoContext } from 'hono';
import type { Assets } from './assets.ts';
import type { Config } from './config.ts';
import type { Session } from './session.ts';
import type { Cookies } from './sign-in/cookies.ts';
import type { OneTimeLinks } from './sign-in/one-time-links.ts';

/** What the parts of the console share. */
export type Context = {
  readonly config: Config;
  readonly log: Logger;
  readonly gateway: Gateway;
  readonly assets: Assets;
  readonly cookies: Cookies;
  /** Null where only an identity provider may issue tokens. */
  readonly links: OneTimeLinks | null;
};

/** What the middleware finds out about an HTTP request before its page handles it. */
export type HttpVariables = {
  ctx: Context;
  requestId: string;
  session: Session;
  /** The gateway as the signed-in person. */
  api: Api;
};
export type HttpEnv = { Variables: HttpVariables };
export type HttpContext = HonoContext<HttpEnv>;
export type HttpApp = Hono<HttpEnv>;
