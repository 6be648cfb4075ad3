import type { Actor } from '@arcadia/contracts';
import { forService, type Tx as PlatformTx, type ServiceContext, type TransactionContext } from '@arcadia/platform';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import type { Config } from './config.ts';
import type { Tables } from './store/schema.ts';

export type Context = ServiceContext<Tables, Config>;
/** The context of a handler that runs inside a transaction. */
export type CommandContext = TransactionContext<Tables, Config>;
export type Tx = PlatformTx<Tables>;

export const { defineService, answer, answerUnmanaged, consumer, job } = forService<Tables, Config>();

/** What the middleware finds out about an HTTP request before its route handles it. */
export type HttpVariables = {
  actor: Actor;
  /** When the token expires, in milliseconds since 1970. */
  expiresAt: number;
  /** Looks again whether the token is still accepted; an API key may have been revoked since. */
  isStillValid: () => Promise<boolean>;
  requestId: string;
};
export type HttpEnv = { Variables: HttpVariables };
export type HttpContext = HonoContext<HttpEnv>;
export type HttpApp = OpenAPIHono<HttpEnv>;
