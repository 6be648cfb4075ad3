import type { RequestContract, RequestOutput } from '@arcadia/contracts';
import { z } from 'zod';

/** A client of the gateway: HTTP with a token, with the routes taken from the gateway's OpenAPI document. */
export type Api = {
  /** Sends the request of a contract. Throws ApiError when it is refused or fails. */
  request<Contract extends RequestContract>(
    contract: Contract,
    input: z.input<Contract['input']>,
    idempotencyKey?: string,
  ): Promise<RequestOutput<Contract>>;
  /** All items of a list, read page by page. */
  list<Contract extends RequestContract>(
    contract: Contract,
    input: z.input<Contract['input']>,
  ): Promise<Item<Contract>[]>;
  /** Sends an HTTP request to a path of the gateway and returns the parsed JSON. Throws ApiError for a status other than 2xx. */
  send(
    method: string,
    path: string,
    options?: { body?: unknown; mediaType?: string; idempotencyKey?: string },
  ): Promise<unknown>;
};

type Item<Contract extends RequestContract> = RequestOutput<Contract> extends { items: (infer Each)[] } ? Each : never;

/** The gateway refused a request or failed; the message names the request, the status and the detail. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly type: string;
  constructor(message: string, status: number, type: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

const document = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string().optional() }))),
});
const problem = z.looseObject({
  type: z.string().catch('unknown'),
  detail: z.string().catch(''),
  errors: z.unknown().optional(),
});

type Operation = { method: string; path: string };

/** Reads the OpenAPI document once and returns a client for the routes in it. */
export const connectApi = async (baseUrl: string, token: string): Promise<Api> => {
  const operations = await readOperations(baseUrl);
  const send: Api['send'] = async (method, path, { body, mediaType = 'application/json', idempotencyKey } = {}) => {
    const response = await fetch(new URL(path, baseUrl), {
      method,
      signal: AbortSignal.timeout(30_000),
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': mediaType }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.ok) return text === '' ? null : JSON.parse(text);
    throw apiError(`${method} ${path}`, response.status, text);
  };
  const request = async (contract: RequestContract, input: unknown, idempotencyKey?: string): Promise<unknown> => {
    const operation = operations.get(contract.name);
    if (operation === undefined) throw new Error(`the gateway has no route for ${contract.name}`);
    const { path, rest } = fill(operation.path, (input ?? {}) as Record<string, unknown>);
    const isInQuery = operation.method === 'GET' || operation.method === 'DELETE';
    const key = idempotencyKey === undefined ? {} : { idempotencyKey };
    if (!isInQuery) return send(operation.method, path, { body: rest, ...key });
    const query = new URLSearchParams(Object.entries(rest).map(([name, value]) => [name, String(value)]));
    return send(operation.method, query.size === 0 ? path : `${path}?${query}`, key);
  };
  return {
    request: request as Api['request'],
    list: async (contract, input) => {
      const items: unknown[] = [];
      let cursor: string | null = null;
      do {
        const page = (await request(contract, {
          limit: 200,
          ...(input as object),
          ...(cursor === null ? {} : { cursor }),
        })) as {
          items: unknown[];
          next_cursor: string | null;
        };
        items.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null);
      return items as never;
    },
    send,
  };
};

const readOperations = async (baseUrl: string): Promise<Map<string, Operation>> => {
  const response = await fetch(new URL('/openapi.json', baseUrl), { signal: AbortSignal.timeout(30_000) });
  const { paths } = document.parse(await response.json());
  return new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { operationId }]): [string, Operation][] =>
        operationId === undefined ? [] : [[operationId, { method: method.toUpperCase(), path }]],
      ),
    ),
  );
};

/** Fills the parameters of a path from the input; the other defined properties are returned as `rest`. */
const fill = (template: string, input: Record<string, unknown>): { path: string; rest: Record<string, unknown> } => {
  const used = new Set<string>();
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    used.add(name);
    return encodeURIComponent(String(input[name]));
  });
  const rest = Object.fromEntries(
    Object.entries(input).filter(([name, value]) => !used.has(name) && value !== undefined),
  );
  return { path, rest };
};

const apiError = (request: string, status: number, text: string): ApiError => {
  let body: unknown = {};
  try {
    body = JSON.parse(text);
  } catch {
    // Not a problem document, for example a proxy's page. The text itself is shown.
  }
  const { type, detail, errors } = problem.parse(body);
  const faults = errors === undefined ? '' : ` ${JSON.stringify(errors)}`;
  return new ApiError(
    `${request} failed with status ${status}: ${detail === '' ? text.slice(0, 300) : detail}${faults}`,
    status,
    type,
  );
};
