import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { HttpContext, HttpEnv } from '../context.ts';
import { problem } from '../problems/problem.ts';
import { findJsonFault } from './find-json-fault.ts';

/** No contract nests deeper than this, and it keeps recursive code far from the end of the stack. */
const nestedAtMost = 64;

const json = /^application\/([\w.-]+\+)?json$/i;

/** Text that is not UTF-8 is refused, because replacing what cannot be read would change it silently (RFC 8259, section 8.1). */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The input of these methods is in the address; a body would be ignored silently. */
const withoutBody = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/** A larger body is refused before it is read; a message between services may have at most 1 MB. */
const bodyLimitBytes = 900 * 1024;

const limit = bodyLimit({
  maxSize: bodyLimitBytes,
  onError: (c) => problem(c, 'too-large', `A body may have at most ${bodyLimitBytes} bytes; send less at a time.`),
});

/**
 * Refuses a body that is too large: at once by its length, or, of a body in chunks, where it exceeds the limit. That of a method without a
 * body is not waited for: `readBody` refuses it by its headers.
 */
export const limitBody: MiddlewareHandler<HttpEnv> = async (c, next) => {
  if (withoutBody.has(c.req.method)) return next();
  try {
    return await limit(c, next);
  } catch {
    return brokenOff(c);
  }
};

/** Reading a body fails only if its sender breaks off, which is no incident of ours. */
const brokenOff = (c: HttpContext): Response =>
  problem(c, 'bad-request', 'The body did not arrive whole; send the request again.');

/**
 * Checks the body before anything else reads it: it must be JSON in UTF-8 of limited depth that every reader understands alike, with no text
 * that Postgres cannot store. The body is read once and kept, so the validators do not read it again.
 */
export const readBody: MiddlewareHandler<HttpEnv> = async (c, next) => {
  if ((c.req.header('idempotency-key') ?? '').length > 255)
    return problem(c, 'bad-request', 'The header Idempotency-Key may have at most 255 characters.');
  if (withoutBody.has(c.req.method)) return refuseBody(c) ?? next();
  const encoding = (c.req.header('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding !== 'identity') {
    c.header('accept-encoding', 'identity');
    return problem(c, 'unsupported-media-type', `Send the body without \`Content-Encoding\`, not as "${encoding}".`);
  }
  const bytes = await c.req.arrayBuffer().catch(() => null);
  if (bytes === null) return brokenOff(c);
  const text = textOf(bytes);
  if (text === null) return problem(c, 'bad-request', 'The body is not UTF-8; send JSON in UTF-8.');
  const { mediaType, charset } = contentType(c.req.header('content-type') ?? '');
  if (text === '') {
    // Many clients send a content type without a body; the contract then reports which fields are missing.
    keepText(c, json.test(mediaType) ? '{}' : '');
    return next();
  }
  if (!json.test(mediaType))
    return problem(c, 'unsupported-media-type', `Send JSON (application/json), not "${mediaType}".`);
  if (!['', 'utf-8', 'utf8'].includes(charset))
    return problem(c, 'unsupported-media-type', `Send JSON in UTF-8, not in "${charset}".`);
  const fault = findJsonFault(text, nestedAtMost);
  if (fault !== null) {
    const { detail, fix, pointer } = fault;
    return problem(c, 'bad-request', `The body ${detail}; ${fix}.`, {
      errors: [{ pointer, detail: `${detail}; ${fix}` }],
    });
  }
  try {
    JSON.parse(text);
  } catch (error) {
    return problem(c, 'bad-request', `The body is not JSON: ${(error as Error).message}`);
  }
  keepText(c, text);
  return next();
};

const refuseBody = (c: HttpContext): Response | null => {
  const hasBody = c.req.header('transfer-encoding') !== undefined || Number(c.req.header('content-length') ?? 0) !== 0;
  if (!hasBody) return null;
  return problem(c, 'bad-request', `${c.req.method} takes no body; leave it out, and send parameters in the address.`);
};

const textOf = (bytes: ArrayBuffer): string | null => {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
};

/** Keeps the text for the validators. They take it before the bytes that it was read from. */
const keepText = (c: Context<HttpEnv>, text: string): void => {
  Object.assign(c.req.bodyCache, { text: Promise.resolve(text) });
};

/** The media type and the charset of the header, both in lower case; empty where they are missing. */
const contentType = (header: string): { mediaType: string; charset: string } => {
  const [mediaType = '', ...parameters] = header.split(';').map((part) => part.trim());
  const charsets = parameters.filter((part) => /^charset=/i.test(part)).map((part) => part.slice('charset='.length));
  return { mediaType, charset: charsets.join(', ').replaceAll('"', '').toLowerCase() };
};
