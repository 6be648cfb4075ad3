import type { Refusal } from '@arcadia/contracts';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';

/** An error as RFC 9457 says it. `type` is stable and is what programs branch on; `detail` is for people. */
export const problemDocument = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  request_id: z.string(),
  /** What was wrong with the request, field by field. */
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
});

/** Refusals whose status is not 422, the answer to a request that was understood and is not possible as things stand. */
const statusOfRefusal: Record<string, ContentfulStatusCode> = {
  'bad-request': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'already-exists': 409,
  conflict: 409,
  'in-flight': 409,
  'version-conflict': 412,
  'too-large': 413,
  'rate-limited': 429,
  unavailable: 503,
  'deadline-exceeded': 504,
};

export const problem = (
  c: Context,
  status: ContentfulStatusCode,
  reason: string,
  detail: string,
  extra: Record<string, unknown> = {},
): Response => {
  const body = {
    ...extra,
    type: `urn:arcadia:problem:${reason}`,
    title: reason.replaceAll('-', ' '),
    status,
    detail,
    request_id: String(c.get('requestId') ?? ''),
  };
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json' });
};

/** A refusal of the owning service as the answer to the person who asked. */
export const problemOfRefusal = (c: Context, refusal: Refusal): Response => {
  const { refused, detail, ...extra } = refusal;
  return problem(c, statusOfRefusal[refused] ?? 422, refused, detail, extra);
};

/** Zod's findings with JSON pointers into the part of the request they concern. */
export const problemOfIssues = (c: Context, target: string, issues: readonly z.core.$ZodIssue[]): Response => {
  const part = target === 'json' ? '' : `/${target}`;
  return problem(c, 422, 'invalid-request', 'The request does not fit; see errors.', {
    errors: issues.map(({ path, message }) => ({
      pointer: `${part}/${path.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`,
      detail: message,
    })),
  });
};
