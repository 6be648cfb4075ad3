import type { Actor, RequestContract } from '@arcadia/contracts';
import { isRefusal } from '@arcadia/contracts';
import type { ServiceContext } from '@arcadia/platform';
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';
import type { GatewayConfig } from './config.ts';
import { problem, problemOfRefusal } from './problem.ts';

export type GatewayEnv = {
  Variables: { actor: Actor /** When the token ends, in epoch milliseconds. */; expiresAt: number; requestId: string };
};
export type GatewayContext = ServiceContext<unknown, GatewayConfig>;
export type GatewayApp = OpenAPIHono<GatewayEnv>;

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** One row of the REST surface. The tests walk this table: what is not in it is not reachable. */
export type Route = {
  readonly method: Method;
  /** OpenAPI form, such as `/api/v1/inventory/{resource_id}`. */
  readonly path: string;
  readonly contract: RequestContract;
  readonly register: (app: GatewayApp, gateway: GatewayContext) => void;
};

/** How long a person waits before the answer is 504, in milliseconds. */
const deadlineMs = 10_000;

/** How long a download may take in all, in milliseconds. */
export const downloadDeadlineMs = 300_000;

/**
 * A route that asks one service one thing. Path parameters are named as the contract's input names them; the rest of
 * the input comes from the query of a GET or DELETE and from the JSON body otherwise. Fields that the contract does not
 * know are refused, so nothing can be smuggled in. A refusal becomes a problem (RFC 9457), an answer `status` (200).
 *
 *     route('get', '/api/v1/inventory/{resource_id}', inventorySync.getResource)
 */
export const route = <Contract extends RequestContract>(
  method: Method,
  path: string,
  contract: Contract,
  options: { tag?: string; status?: 200 | 201 | 202 } = {},
): Route => ({
  method,
  path,
  contract,
  register: (app, gateway) => {
    const status = options.status ?? 200;
    const { params, query, body } = requestParts(method, path, contract);
    const definition = createRoute({
      ...describe(method, path, contract, options.tag),
      middleware: requireRole(contract),
      request: {
        params,
        query,
        ...(body === null
          ? {}
          : { body: { required: !body.safeParse({}).success, content: { 'application/json': { schema: body } } } }),
      },
      responses: { ...problemResponses(contract), [status]: jsonResponse('The answer.', contract.output) },
    });
    const handle = async (c: Context<GatewayEnv>): Promise<Response> => {
      const given = { ...valid(c, 'query'), ...(body === null ? {} : valid(c, 'json')), ...valid(c, 'param') };
      return answer(c, gateway, contract, given, status);
    };
    // The answer's shape is the contract's, which the owning service has checked; here it is only passed on.
    app.openapi(definition, handle as never);
  },
});

/** Asks the owning service on behalf of the caller and turns what comes back into a response. */
export const answer = async (
  c: Context<GatewayEnv>,
  gateway: GatewayContext,
  contract: RequestContract,
  input: unknown,
  status: ContentfulStatusCode = 200,
): Promise<Response> => {
  const result = await sendRequest(c, gateway, contract, input);
  return isRefusal(result) ? problemOfRefusal(c, result) : c.json(result as object, status);
};

/** The same, for routes that shape the answer themselves. */
export const sendRequest = async <Contract extends RequestContract>(
  c: Context<GatewayEnv>,
  gateway: GatewayContext,
  contract: Contract,
  input: unknown,
) => {
  const idempotencyKey = c.req.header('idempotency-key');
  const traceparent = traceparentOf(c);
  return gateway.request(contract, input as z.input<Contract['input']>, {
    actor: c.get('actor'),
    deadlineMs,
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(traceparent === undefined ? {} : { traceparent }),
  });
};

/** The caller's trace (W3C Trace Context), so that what follows from a request can be found by it. */
const traceparentOf = (c: Context): string | undefined =>
  /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(c.req.header('traceparent') ?? '')?.[0];

/** What every route says of itself in the OpenAPI document. */
export const describe = (method: Method, path: string, contract: RequestContract, tag?: string) => ({
  method,
  path,
  operationId: contract.name,
  summary: contract.summary,
  tags: [tag ?? path.split('/')[3] ?? 'other'],
  security: [{ token: [] }],
  'x-roles': [...contract.roles],
});

/** The problems any route may answer, said once in the document and referred to by each. */
export const sharedProblems = {
  Unauthenticated: 'No valid token.',
  Forbidden: 'Not for this role.',
  Problem: 'Any other problem.',
} as const;

const sharedProblem = (name: keyof typeof sharedProblems) => ({ $ref: `#/components/responses/${name}` });

export const problemResponses = (contract: RequestContract) => {
  const said = contract.refusals.length === 0 ? '' : ` Types: ${contract.refusals.join(', ')}.`;
  const description = `The request does not fit, or is refused.${said}`;
  return {
    401: sharedProblem('Unauthenticated'),
    403: sharedProblem('Forbidden'),
    422: { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } },
    default: sharedProblem('Problem'),
  };
};

const jsonResponse = (description: string, schema: z.ZodType) => ({
  description,
  content: { 'application/json': { schema } },
});

/** Divides a contract's input among path, query and body. */
const requestParts = (method: Method, path: string, contract: RequestContract) => {
  if (!(contract.input instanceof z.ZodObject))
    throw new TypeError(`${contract.name}: the input of a routed request is an object`);
  const input = contract.input;
  const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name ?? '');
  const unknown = names.filter((name) => !(name in input.shape));
  if (unknown.length > 0)
    throw new TypeError(`${contract.name}: its input has no ${unknown.join(', ')}, which ${path} names`);
  const shape = Object.entries(input.shape);
  const params = z.object(Object.fromEntries(shape.filter(([name]) => names.includes(name))));
  const rest = z.strictObject(Object.fromEntries(shape.filter(([name]) => !names.includes(name))));
  const isInQuery = method === 'get' || method === 'delete';
  return { params, query: isInQuery ? rest : z.strictObject({}), body: isInQuery ? null : rest };
};

/** A validated part of the request; an absent body is empty, which the validator has already found to be enough. */
const valid = (c: Context, part: 'query' | 'json' | 'param'): object => {
  const value: unknown = c.req.valid(part as never);
  return typeof value === 'object' && value !== null ? value : {};
};

/** Refuses who is not among a contract's roles before anything is parsed or asked; the service looks again. */
export const requireRole =
  (contract: RequestContract): MiddlewareHandler<GatewayEnv> =>
  async (c, next) => {
    if (contract.roles.some((allowed) => c.get('actor').roles.includes(allowed))) return next();
    return problem(c, 403, 'forbidden', `Only ${contract.roles.join(' or ')} may do this.`);
  };
