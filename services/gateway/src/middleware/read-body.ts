import type { Context, MiddlewareHandler } from 'hono';
import type { HttpEnv } from '../context.ts';
import { problem } from '../problems/problem.ts';

/** No contract nests deeper than this, and it keeps recursive code far from the end of the stack. */
const nestedAtMost = 64;

const json = /^application\/([\w.-]+\+)?json$/i;

/** Text that is not UTF-8 is refused, because replacing what cannot be read would change it silently (RFC 8259, section 8.1). */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Checks the body before anything else reads it: it must be JSON of limited depth in UTF-8, with no text that Postgres cannot store.
 * The body is read once and kept, so the validators do not read it again.
 */
export const readBody: MiddlewareHandler<HttpEnv> = async (c, next) => {
  if (/%00/.test(c.req.url)) return problem(c, 'bad-request', 'The address contains a NUL character (%00).');
  if ((c.req.header('idempotency-key') ?? '').length > 255)
    return problem(c, 'bad-request', 'The header Idempotency-Key may have at most 255 characters.');
  if (['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(c.req.method)) return next();
  const encoding = (c.req.header('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding !== 'identity') {
    c.header('accept-encoding', 'identity');
    return problem(c, 'unsupported-media-type', `Send the body without \`Content-Encoding\`, not as "${encoding}".`);
  }
  const text = textOf(await c.req.arrayBuffer());
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
  if (isNestedDeeper(text, nestedAtMost))
    return problem(c, 'bad-request', `The body is nested deeper than ${nestedAtMost} levels.`);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return problem(c, 'bad-request', `The body is not JSON: ${(error as Error).message}`);
  }
  // Both faults need an escape sequence or the name itself in the text, so most bodies are not searched.
  const fault = /\\u|__proto__/.test(text) ? faultIn(body) : null;
  if (fault !== null) return problem(c, 'bad-request', `The body contains ${fault}.`);
  keepText(c, text);
  return next();
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
  const charset = parameters.find((part) => /^charset=/i.test(part))?.slice('charset='.length) ?? '';
  return { mediaType, charset: charset.replaceAll('"', '').toLowerCase() };
};

/** Counts brackets outside strings, so that a body made to exhaust the parser never reaches it. */
const isNestedDeeper = (text: string, limit: number): boolean => {
  let depth = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (isInString) {
      if (char === '\\') index += 1;
      else if (char === '"') isInString = false;
    } else if (char === '"') isInString = true;
    else if (char === '{' || char === '[') {
      depth += 1;
      if (depth > limit) return true;
    } else if (char === '}' || char === ']') depth -= 1;
  }
  return false;
};

/** A field name that would reach an object's prototype, or text that no database can store; null if there is neither. */
const faultIn = (value: unknown): string | null => {
  if (typeof value === 'string') {
    if (value.includes('\0')) return 'a NUL character';
    return value.isWellFormed() ? null : 'half a surrogate pair';
  }
  if (typeof value !== 'object' || value === null) return null;
  for (const [name, item] of Object.entries(value)) {
    if (name === '__proto__') return 'a field named __proto__';
    const fault = faultIn(name) ?? faultIn(item);
    if (fault !== null) return fault;
  }
  return null;
};
