import { gateway } from '@arcadia/contracts';
import { createRoute } from '@hono/zod-openapi';
import { z } from 'zod';
import { admit } from '../admit.ts';
import type { HttpContext } from '../context.ts';
import { describe, problemResponses } from '../operation.ts';
import { jsonAnswer, jsonResponse, type Route } from '../route.ts';

const contract = gateway.getCaller;
const described = { method: 'get' as const, path: '/api/v1/me', contract, tag: 'me' as const };

/** Answered from the verified token alone, so that a client learns who it is while every other service is down. */
const showCaller: Route = {
  ...described,
  register: (app, ctx) => {
    const definition = createRoute({
      ...describe(described),
      middleware: admit(described),
      request: { query: z.strictObject({}) },
      responses: { ...problemResponses(described), 200: jsonResponse('The caller.', contract.output) },
    });
    const handle = (c: HttpContext): Response =>
      jsonAnswer(c, {
        ...c.get('actor'),
        expires_at: Temporal.Instant.fromEpochMilliseconds(c.get('expiresAt')).toString(),
        now: ctx.clock.now().round({ smallestUnit: 'microsecond', roundingMode: 'floor' }).toString(),
      });
    app.openapi(definition, handle as never);
  },
};

export const meRoutes: readonly Route[] = [showCaller];
