import type { HttpBindings } from '@hono/node-server';
import type { MiddlewareHandler } from 'hono';
import type { HttpEnv } from '../context.ts';
import { problem } from '../problems/problem.ts';

/**
 * Refuses an address with percent signs that encode no UTF-8, or a NUL character; it would otherwise be taken for the literal text. Refuses
 * a request of HTTP/1.1 without one Host (RFC 9112, section 3.2).
 */
export const checkAddress: MiddlewareHandler<HttpEnv> = async (c, next) => {
  const host = c.req.header('host');
  const { httpVersion } = (c.env as HttpBindings).incoming;
  if (host === undefined ? httpVersion === '1.1' : host.includes(','))
    return problem(
      c,
      'bad-request',
      `The request has ${host === undefined ? 'no' : 'more than one'} header Host; send one.`,
    );
  const { url } = c.req;
  if (!url.includes('%')) return next();
  if (url.includes('%00'))
    return problem(c, 'bad-request', 'The address contains a NUL character (%00); leave it out.');
  try {
    decodeURIComponent(url);
  } catch {
    const detail = 'The address has a percent sign that begins no character of UTF-8; write a literal one as %25.';
    return problem(c, 'bad-request', detail);
  }
  return next();
};
