import { entityTag, gateway, hasRole, isRefusal, type Json, type RequestContract } from '@arcadia/contracts';
import { createRoute } from '@hono/zod-openapi';
import type { Context as HonoContext, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import type { Context, HttpApp, HttpContext, HttpEnv } from './context.ts';
import { describe, hasBody, type Method, problemResponses } from './operation.ts';
import { problem, problemOfRefusal } from './problems/problem.ts';
import type { ProblemWord } from './problems/problem-words.ts';
import { type Tag, tagOf } from './tags.ts';

/** One row of the REST API. The tests walk this table: a route that is not in it cannot be reached. */
export type Route = {
  readonly method: Method;
  /** OpenAPI form, such as `/api/v1/inventory/{resource_id}`. */
  readonly path: string;
  readonly contract: RequestContract;
  readonly tag: Tag;
  /** Problems that this route can answer beside those of its contract. */
  readonly problems?: readonly ProblemWord[];
  readonly register: (app: HttpApp, ctx: Context) => void;
};

/** How long a caller waits before the answer is a 503, in milliseconds. */
const deadlineMs = 10_000;

/** How long a whole download may take, in milliseconds. */
export const downloadDeadlineMs = 300_000;

/**
 * A route that sends one request to one service. Path parameters have the names of the contract's input; the rest of the
 * input comes from the query of a GET or DELETE, and from the JSON body otherwise. Unknown fields are refused. A refusal
 * becomes a problem (RFC 9457), an answer becomes `status` (200).
 *
 *     route('get', '/api/v1/inventory/{resource_id}', inventorySync.getResource)
 */
export const route = <Contract extends RequestContract>(
  method: Method,
  path: string,
  contract: Contract,
  options: { tag?: Tag; status?: 200 | 201 | 202 } = {},
): Route => {
  const tag = options.tag ?? tagOf(path);
  const described = { method, path, contract, tag };
  const register = (app: HttpApp, ctx: Context): void => {
    const status = options.status ?? 200;
    const { params, query, body } = requestParts(method, path, contract);
    const definition = createRoute({
      ...describe(described),
      middleware: requireRole(contract),
      request: {
        params,
        query,
        ...(body === null
          ? {}
          : { body: { required: !body.safeParse({}).success, content: { 'application/json': { schema: body } } } }),
      },
      responses: {
        ...problemResponses(described),
        [status]: { ...jsonResponse(successes[status], contract.output), ...headersOf(contract) },
      },
    });
    const handle = async (c: HttpContext): Promise<Response> => {
      const given = { ...valid(c, 'query'), ...(body === null ? {} : valid(c, 'json')), ...valid(c, 'param') };
      return answer(c, ctx, { contract, input: given, status });
    };
    // The form of the answer is the contract's; it was checked when the reply was read.
    app.openapi(definition, handle as never);
  };
  return { ...described, register };
};

/** The headers of an answer in the OpenAPI document. */
export const headersOf = ({ isVersioned }: RequestContract) =>
  isVersioned === true ? { headers: { ETag: { $ref: '#/components/headers/ETag' as const } } } : {};

const successes = {
  200: 'The request succeeded.',
  201: 'The object was created.',
  202: 'The work was accepted and continues in the background.',
} as const;

type Sending = { contract: RequestContract; input: unknown; status?: ContentfulStatusCode };

/** Sends a request to the owning service on behalf of the caller, and turns the reply into a response. */
export const answer = async (
  c: HttpContext,
  ctx: Context,
  { contract, input, status = 200 }: Sending,
): Promise<Response> => {
  if (c.req.header('if-match') !== undefined && contract.effect === 'command' && contract.edits === undefined)
    return problem(c, 'bad-request', `${contract.name} takes no If-Match; send the request without that header.`);
  if (ctx.config.fourEyes && gateway.needsApproval(contract, input)) return askForApproval(c, ctx, { contract, input });
  const reply = await sendRequest(c, ctx, contract, input);
  if (isRefusal(reply)) return problemOfRefusal(c, reply);
  if (contract.isVersioned === true) c.header('etag', entityTag(reply));
  return c.json(reply as object, status);
};

/** Keeps a command until a second person approves it: 202 with the approval, whose address is in `Location`. */
const askForApproval = async (c: HttpContext, ctx: Context, { contract, input }: Sending): Promise<Response> => {
  const kept = await sendRequest(c, ctx, gateway.createApproval, {
    request: contract.name,
    input: input as Json,
    if_match: c.req.header('if-match') ?? null,
  });
  if (isRefusal(kept)) return problemOfRefusal(c, kept);
  c.header('location', `/api/v1/approvals/${kept.approval_id}`);
  return c.json(kept, 202);
};

/** The same, for routes that shape the response themselves. */
export const sendRequest = async <Contract extends RequestContract>(
  c: HttpContext,
  ctx: Context,
  contract: Contract,
  input: unknown,
) => {
  const idempotencyKey = c.req.header('idempotency-key');
  const ifMatch = c.req.header('if-match');
  const traceparent = traceparentOf(c);
  return ctx.request(contract, input as z.input<Contract['input']>, {
    actor: c.get('actor'),
    deadlineMs,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(traceparent === undefined ? {} : { traceparent }),
    requestId: c.get('requestId'),
    ...(ifMatch === undefined || contract.edits === undefined ? {} : { ifMatch }),
  });
};

/** The caller's trace (W3C Trace Context), which connects a request with everything that follows from it. */
const traceparentOf = (c: HttpContext): string | undefined =>
  /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(c.req.header('traceparent') ?? '')?.[0];

export const jsonResponse = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});

/** The input of a contract as an object, which a routed request needs. Throws TypeError for any other input. */
export const objectInput = ({ name, input }: RequestContract): z.ZodObject => {
  if (!(input instanceof z.ZodObject)) throw new TypeError(`${name}: the input of a routed request must be an object`);
  return input;
};

/** The names of a path's parameters, in order. */
export const parameterNames = (path: string): string[] =>
  Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name ?? '');

/** Divides a contract's input among path, query and body. */
const requestParts = (method: Method, path: string, contract: RequestContract) => {
  const { shape } = objectInput(contract);
  const names = parameterNames(path);
  const unknown = names.filter((name) => !(name in shape));
  if (unknown.length > 0)
    throw new TypeError(`${contract.name}: its input has no ${unknown.join(', ')}, which ${path} names`);
  const { own, rest } = divided(shape, names);
  const params = z.object(own);
  return hasBody(method)
    ? { params, query: z.strictObject({}), body: z.strictObject(rest) }
    : { params, query: z.strictObject(rest), body: null };
};

/** The fields with these names, and the others. */
export const divided = (shape: z.ZodRawShape, names: readonly string[]) => {
  const fields = Object.entries(shape);
  return {
    own: Object.fromEntries(fields.filter(([name]) => names.includes(name))),
    rest: Object.fromEntries(fields.filter(([name]) => !names.includes(name))),
  };
};

/** A validated part of the request. An absent body counts as empty, which the validator has found sufficient. */
const valid = (c: HonoContext, part: 'query' | 'json' | 'param'): object => {
  const value: unknown = c.req.valid(part as never);
  return typeof value === 'object' && value !== null ? value : {};
};

/** Refuses callers without one of the contract's roles before the request is parsed; the owning service checks again. */
export const requireRole =
  (contract: RequestContract): MiddlewareHandler<HttpEnv> =>
  async (c, next) => {
    const { roles } = c.get('actor');
    if (hasRole(c.get('actor'), contract.roles)) return next();
    return problem(
      c,
      'forbidden',
      `${contract.name} needs one of the roles ${contract.roles.join(', ')}; the token has ${roles.join(', ') || 'no known role'}.`,
    );
  };
