import type { MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import { parseAccept } from 'hono/utils/accept';
import type { HttpEnv } from '../context.ts';
import { problem } from '../problems/problem.ts';

/** Shorter answers gain nothing, in bytes. */
const threshold = 1024;

const zip = compress({ encoding: 'gzip', threshold });
const zipAll = compress({ encoding: 'gzip', threshold: 0 });

/**
 * Compresses what is read with GET, if the client accepts gzip: JSON and text from 1 KB on, never the live feed; all of it for a client that
 * accepts no answer as it is (`identity;q=0`). One that accepts neither gets 406. The answer to a command may
 * hold a secret that is answered once, whose length a compressed answer would give away (BREACH); so commands are not compressed. An answer
 * with a strong entity tag stays as it is too, because the tag is compared with `If-Match`.
 */
export const compressReads: MiddlewareHandler<HttpEnv> = (c, next) => {
  if (c.req.method !== 'GET') return next();
  const header = c.req.header('accept-encoding');
  if (header === undefined || !header.includes('q=0') || accepts(header, 'identity')) return zip(c, next);
  if (accepts(header, 'gzip')) return zipAll(c, next);
  c.header('vary', 'Accept-Encoding');
  const detail = `${c.req.path} is answered with gzip or as it is; accept one of them, or leave \`Accept-Encoding\` out.`;
  return Promise.resolve(problem(c, 'not-acceptable', detail));
};

/** Whether `Accept-Encoding` allows a coding. Answers as they are need not be named (RFC 9110, section 12.5.3). */
const accepts = (header: string, coding: 'identity' | 'gzip'): boolean => {
  const codings = parseAccept(header);
  const found = codings.find(({ type }) => type.toLowerCase() === coding) ?? codings.find(({ type }) => type === '*');
  return found === undefined ? coding === 'identity' : found.q > 0;
};
