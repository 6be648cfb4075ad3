import { gateway, isRefusal, type Json, type RequestContract, versionOf } from '@arcadia/contracts';
import { createRoute } from '@hono/zod-openapi';
import type { Context as HonoContext } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import { admit } from './admit.ts';
import type { Context, HttpApp, HttpContext } from './context.ts';
import { linkPages } from './links.ts';
import { locationOf, lookAgainSeconds } from './location.ts';
import { traceparentOf } from './middleware/trace-request.ts';
import { describe, hasBody, type Method, parameterNames, problemResponses, responseHeaders } from './operation.ts';
import { problem, problemOfIssues, problemOfRefusal } from './problems/problem.ts';
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
  /** The status of its success, 200 by default. */
  readonly status?: Status;
  /** Where what it created or accepted is found: a path with fields of the answer or the input in braces. */
  readonly location?: string;
  readonly register: (app: HttpApp, ctx: Context) => void;
};

/** How long a caller waits before it looks whether a second person has approved its command, in seconds. */
const approvalSeconds = 60;

type Status = 200 | 201 | 202;
/** What was created (201) or accepted (202) has an address. */
type Options = { tag?: Tag } & ({ status?: 200 } | { status: 201 | 202; location: string });

/** How long a caller waits before the answer is a 503, in milliseconds. */
const deadlineMs = 10_000;

/** How long a whole download may take, in milliseconds. */
export const downloadDeadlineMs = 300_000;

/**
 * A route that sends one request to one service. Path parameters have the names of the contract's input; the rest of the
 * input comes from the query of a GET or DELETE, and from the JSON body otherwise. Unknown fields are refused. A refusal
 * becomes a problem (RFC 9457), an answer becomes `status` (200). A created or accepted object is found at `location`, a path with
 * fields of the answer or the input in braces.
 *
 *     route('get', '/api/v1/inventory/{resource_id}', inventorySync.getResource)
 */
export const route = <Contract extends RequestContract>(
  method: Method,
  path: string,
  contract: Contract,
  options: Options = {},
): Route => {
  const tag = options.tag ?? tagOf(path);
  const { status = 200 } = options;
  const location = 'location' in options ? { location: options.location } : {};
  const described = { method, path, contract, tag, status, ...location };
  const register = (app: HttpApp, ctx: Context): void => {
    const { params, query, body } = requestParts(method, path, contract);
    const definition = createRoute({
      ...describe(described),
      middleware: admit(described),
      request: {
        params,
        query,
        ...(body === null
          ? {}
          : { body: { required: !body.safeParse({}).success, content: { 'application/json': { schema: body } } } }),
      },
      responses: {
        ...problemResponses(described),
        [status]: { ...jsonResponse(successes[status], contract.output), ...responseHeaders(described) },
      },
    });
    const handle = async (c: HttpContext): Promise<Response> => {
      const given = { ...valid(c, 'query'), ...(body === null ? {} : valid(c, 'json')), ...valid(c, 'param') };
      return answer(c, ctx, { contract, input: given, status, ...location });
    };
    const fields = body === null ? [] : Object.keys(body.shape);
    // The form of the answer is the contract's; it was checked when the reply was read.
    app.openapi(definition, handle as never, refuseInvalid(fields) as never);
  };
  return { ...described, register };
};

const successes = {
  200: 'The request succeeded.',
  201: 'The object was created.',
  202: 'The work was accepted and continues in the background.',
} as const;

type Sending = { contract: RequestContract; input: object; status?: ContentfulStatusCode; location?: string };

/** Sends a request to the owning service on behalf of the caller, and turns the reply into a response. */
export const answer = async (
  c: HttpContext,
  ctx: Context,
  { contract, input, status = 200, location }: Sending,
): Promise<Response> => {
  if (c.req.header('if-match') !== undefined && contract.effect === 'command' && contract.edits === undefined)
    return problem(c, 'bad-request', `${contract.name} takes no If-Match; send the request without that header.`);
  if (ctx.config.fourEyes && gateway.needsApproval(contract, input)) return askForApproval(c, ctx, { contract, input });
  const reply = await sendRequest(c, ctx, contract, input);
  if (isRefusal(reply)) return problemOfRefusal(c, reply);
  if (contract.isVersioned === true) tagAnswer(c, contract, reply);
  if (location !== undefined) {
    const { tenant_id } = c.get('actor');
    c.header('location', locationOf(location, reply as object, tenant_id === null ? input : { tenant_id, ...input }));
  }
  if (status === 202) c.header('retry-after', String(lookAgainSeconds));
  linkPages(c, reply);
  return jsonAnswer(c, reply, status);
};

/** Gives an answer its entity tag. Compression on the way would weaken the tag, which then matches nothing. */
export const tagAnswer = (c: HttpContext, contract: RequestContract, reply: unknown): void => {
  c.header('etag', versionOf(contract, reply));
  c.header('cache-control', 'no-store, no-transform');
};

/** An answer as JSON with its length, by which short ones are not compressed. */
export const jsonAnswer = (c: HttpContext, value: unknown, status: ContentfulStatusCode = 200): Response => {
  const text = JSON.stringify(value);
  const length = String(Buffer.byteLength(text));
  return c.body(text, status, { 'content-type': 'application/json', 'content-length': length });
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
  c.header('retry-after', String(approvalSeconds));
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
  const traceparent = traceparentOf(c) ?? undefined;
  return ctx.request(contract, input as z.input<Contract['input']>, {
    actor: c.get('actor'),
    deadlineMs,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(traceparent === undefined ? {} : { traceparent }),
    requestId: c.get('requestId'),
    ...(ifMatch === undefined || contract.edits === undefined ? {} : { ifMatch }),
  });
};

export const jsonResponse = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});

/** The input of a contract as an object, which a routed request needs. Throws TypeError for any other input. */
export const objectInput = ({ name, input }: RequestContract): z.ZodObject => {
  if (!(input instanceof z.ZodObject)) throw new TypeError(`${name}: the input of a routed request must be an object`);
  return input;
};

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

type Validated = { target: string } & (
  | { success: true }
  | { success: false; error: { issues: readonly z.core.$ZodIssue[] } }
);

/** Answers an invalid request; `fields` are those that its body may have. */
const refuseInvalid =
  (fields: readonly string[]) =>
  (result: Validated, c: HonoContext): Response | undefined =>
    result.success ? undefined : problemOfIssues(c, result.target, result.error.issues, fields);

/** A validated part of the request. An absent body counts as empty, which the validator has found sufficient. */
const valid = (c: HonoContext, part: 'query' | 'json' | 'param'): object => {
  const value: unknown = c.req.valid(part as never);
  return typeof value === 'object' && value !== null ? value : {};
};
