import type { MiddlewareHandler } from 'hono';
import { compress } from 'hono/compress';
import type { HttpEnv } from '../context.ts';

/** Shorter answers gain nothing, in bytes. */
const threshold = 1024;

const zip = compress({ encoding: 'gzip', threshold });

/**
 * Compresses what is read with GET, if the client accepts gzip: JSON and text from 1 KB on, never the live feed. The answer to a command may
 * hold a secret that is answered once, whose length a compressed answer would give away (BREACH); so commands are not compressed. An answer
 * with a strong entity tag stays as it is too, because the tag is compared with `If-Match`.
 */
export const compressReads: MiddlewareHandler<HttpEnv> = (c, next) => (c.req.method === 'GET' ? zip(c, next) : next());
