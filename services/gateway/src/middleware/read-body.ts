import type { MiddlewareHandler } from 'hono';
import { problem } from '../problem.ts';
import type { GatewayEnv } from '../route.ts';

/** Nothing that a contract knows is nested deeper; recursion further in stays far from the end of the stack. */
const nestedAtMost = 64;

const json = /^application\/([\w.-]+\+)?json$/i;

/**
 * Looks at what was sent before anything else does: bodies are JSON, of limited depth, and hold only text that Postgres can
 * keep. What has a body here is read once; the validators find it again.
 */
export const readBody: MiddlewareHandler<GatewayEnv> = async (c, next) => {
  if (/%00/.test(c.req.url)) return problem(c, 400, 'bad-request', 'The address holds a NUL character.');
  if (['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(c.req.method)) return next();
  if ((c.req.header('idempotency-key') ?? '').length > 255)
    return problem(c, 400, 'bad-request', 'An Idempotency-Key has at most 255 characters.');
  const text = await c.req.text();
  const mediaType = (c.req.header('content-type') ?? '').split(';')[0]?.trim() ?? '';
  if (text === '') {
    // Many clients name a type for a body that they do not send; what then is missing, the contract tells.
    if (json.test(mediaType)) Object.assign(c.req.bodyCache, { text: Promise.resolve('{}') });
    return next();
  }
  if (!json.test(mediaType))
    return problem(c, 415, 'unsupported-media-type', `Send JSON (application/json), not "${mediaType}".`);
  if (isNestedDeeper(text, nestedAtMost))
    return problem(c, 400, 'bad-request', `The body is nested deeper than ${nestedAtMost} levels.`);
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return problem(c, 400, 'bad-request', `The body is not JSON: ${(error as Error).message}`);
  }
  // Both faults need an escape or the name itself in the text, so most bodies are not walked.
  const fault = /\\u|__proto__/.test(text) ? faultIn(body) : null;
  if (fault !== null) return problem(c, 400, 'bad-request', `The body holds ${fault}.`);
  return next();
};

/** Counts brackets outside of strings, so that a body made to exhaust the parser never reaches it. */
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

/** A name that would reach an object's prototype, or text that no database can keep. */
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
