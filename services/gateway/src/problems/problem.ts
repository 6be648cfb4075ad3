import type { Refusal } from '@arcadia/contracts';
import type { Context } from 'hono';
import { z } from 'zod';
import { describeUnknown } from '../parameters.ts';
import type { ProblemType } from './problem-type.ts';
import { isProblemWord, problemType, titleOf, typeUri } from './problem-types.ts';
import type { ProblemWord } from './problem-words.ts';

/** An error as RFC 9457 defines it. `type` is stable, and programs branch on its last segment; `detail` is for people. */
export const problemDocument = z
  .looseObject({
    type: z.string().meta({
      description: 'What kind of problem this is: a reference to the page that explains it and what to do.',
      format: 'uri-reference',
      example: '/problems/not-found',
    }),
    title: z.string().meta({ description: 'The type in words.', example: 'Not found' }),
    status: z.int().meta({ description: 'The HTTP status, repeated.', example: 404 }),
    detail: z
      .string()
      .meta({ description: 'What was attempted and what to do, for people.', example: 'Resource 7 does not exist.' }),
    request_id: z.string().meta({
      description: 'Identifies the request in the logs; the same as the header `X-Request-Id`.',
      example: '7f3c1c1e-5d0b-4f0e-9b68-1f1f0a4b7a51',
    }),
    errors: z
      .array(
        z.object({
          pointer: z
            .string()
            .meta({ description: 'JSON pointer to the field; `/query/…` for a query parameter.', example: '/slug' }),
          detail: z.string().meta({ description: 'What is wrong with the field.' }),
        }),
      )
      .optional()
      .meta({ description: 'The invalid fields of the request, each with its reason.' }),
  })
  .meta({ description: 'A problem (RFC 9457). Some types add fields of their own.' });

/** Answers with a problem; its status is that of the word. */
export const problem = (c: Context, word: ProblemWord, detail: string, extra: Record<string, unknown> = {}): Response =>
  respond(c, { word, status: problemType(word).status, detail, extra });

/** Answers with the refusal of the owning service. */
export const problemOfRefusal = (c: Context, refusal: Refusal): Response => {
  const { refused: word, detail, ...extra } = refusal;
  return respond(c, { word, status: isProblemWord(word) ? problemType(word).status : 422, detail, extra });
};

/**
 * Answers with Zod's findings, each with a JSON pointer into the part of the request that it concerns.
 * @param fields the fields that the body may have, so that an unknown one can be answered with the right name
 */
export const problemOfIssues = (
  c: Context,
  target: string,
  issues: readonly z.core.$ZodIssue[],
  fields: readonly string[] = [],
): Response => {
  const part = target === 'json' ? '' : `/${target}`;
  const pointerTo = (path: readonly PropertyKey[]): string =>
    `${part}/${path.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
  const errors = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          pointer: pointerTo([...issue.path, key]),
          detail: issue.path.length === 0 ? describeUnknown(key, fields, 'field') : 'There is no such field here.',
        }))
      : [{ pointer: pointerTo(issue.path), detail: issue.message }],
  );
  return problem(c, 'invalid-request', 'The request is invalid; see `errors`.', { errors });
};

type Parts = { word: string; status: ProblemType['status']; detail: string; extra: Record<string, unknown> };

const respond = (c: Context, { word, status, detail, extra }: Parts): Response => {
  const body = {
    ...extra,
    type: typeUri(word),
    title: titleOf(word),
    status,
    detail,
    request_id: String(c.get('requestId') ?? ''),
  };
  const seconds = isProblemWord(word) ? problemType(word).retryAfterSeconds : undefined;
  if (seconds !== undefined && !c.res.headers.has('retry-after')) c.header('retry-after', String(seconds));
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json' });
};
