import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import type { HttpEnv } from '../context.ts';

/** How long the rest of a body may take, in milliseconds. */
const dropWithinMs = 500;

/**
 * Reads what is left of a body that was refused unread, so that its sender sees the answer and may send its next request on the connection.
 * A body that does not end soon costs the connection; the answer announces it, because a request sent behind it would be lost.
 */
export const dropRest: MiddlewareHandler<HttpEnv> = async (c, next) => {
  await next();
  const { incoming } = c.env as HttpBindings;
  if (!incoming.complete && !(await isOver(incoming))) c.header('connection', 'close');
};

const isOver = async (incoming: IncomingMessage): Promise<boolean> => {
  const over = Promise.withResolvers<void>();
  const timer = setTimeout(over.resolve, dropWithinMs);
  for (const event of ['end', 'close', 'error']) incoming.once(event, () => over.resolve());
  incoming.resume();
  await over.promise;
  clearTimeout(timer);
  return incoming.complete;
};
