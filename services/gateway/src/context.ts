import type { Actor } from '@arcadia/contracts';
import { forService, type ServiceContext } from '@arcadia/platform';
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import type { Config } from './config.ts';

/** The gateway has no tables. */
export type Tables = unknown;
export type Context = ServiceContext<Tables, Config>;
export const { defineService } = forService<Tables, Config>();

/** What the middleware finds out about an HTTP request before its route handles it. */
export type HttpVariables = {
  actor: Actor;
  /** When the token expires, in milliseconds since 1970. */
  expiresAt: number;
  requestId: string;
};
export type HttpEnv = { Variables: HttpVariables };
export type HttpContext = HonoContext<HttpEnv>;
export type HttpApp = OpenAPIHono<HttpEnv>;
