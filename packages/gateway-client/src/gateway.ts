import type { RequestContract } from '@arcadia/contracts';
import { z } from 'zod';
import { type Api, ApiError, ApprovalNeeded, apiError, approvalIn, type Sending } from './api.ts';

/** A gateway, called by many people with one reading of its routes. */
export type Gateway = {
  /** Reads the routes, unless they are known. Throws ApiError when the gateway does not answer. */
  ready(): Promise<void>;
  /** The client of the person or program with this token. */
  as(token: string): Api;
};

const document = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ operationId: z.string().optional() }))),
});

type Operation = { method: string; path: string };
type Operations = ReadonlyMap<string, Operation>;

/** How long a caller waits, in milliseconds. */
const waitMs = 30_000;
/** How long a caller waits for a whole file, in milliseconds. */
const downloadMs = 300_000;

/** A client of the gateway with one token. Reads the routes at once. */
export const connectApi = async (baseUrl: string, token: string): Promise<Api> => {
  const gateway = createGateway(baseUrl);
  await gateway.ready();
  return gateway.as(token);
};

/** A gateway whose routes are read with the first request, and again after a failure. */
export const createGateway = (baseUrl: string): Gateway => {
  let reading: Promise<Operations> | undefined;
  const operations = (): Promise<Operations> => {
    reading ??= readOperations(baseUrl);
    reading.catch(() => {
      reading = undefined;
    });
    return reading;
  };
  return {
    ready: async () => void (await operations()),
    as: (token) => clientOf(baseUrl, token, operations),
  };
};

const clientOf = (baseUrl: string, token: string, operations: () => Promise<Operations>): Api => {
  const call = async (method: string, path: string, options: Options = {}): Promise<Response> => {
    const response = await reach(new URL(path, baseUrl), { ...options, method, token });
    if (response.ok) return response;
    throw apiError(`${method} ${path}`, response.status, await response.text());
  };
  const send: Api['send'] = async (method, path, options) => contentOf(await call(method, path, options));
  const addressed = async (contract: RequestContract, input: unknown): Promise<Addressed> => {
    const operation = (await operations()).get(contract.name);
    if (operation === undefined) throw new Error(`the gateway has no route for ${contract.name}`);
    return addressOf(operation, (input ?? {}) as Record<string, unknown>);
  };
  const request = async (
    contract: RequestContract,
    input: unknown,
    sending: string | Sending = {},
  ): Promise<unknown> => {
    const { method, path, body } = await addressed(contract, input);
    const options = typeof sending === 'string' ? { idempotencyKey: sending } : sending;
    const response = await call(method, path, body === undefined ? options : { body, ...options });
    const approvalId = approvalIn(response);
    if (approvalId !== null) throw new ApprovalNeeded(contract.name, approvalId);
    return contentOf(response);
  };
  return {
    request: request as Api['request'],
    read: async (contract, input) => {
      const { method, path } = await addressed(contract, input);
      const response = await call(method, path);
      return { answer: (await contentOf(response)) as never, version: response.headers.get('etag') };
    },
    list: async (contract, input) => {
      const items: unknown[] = [];
      let cursor: string | null = null;
      do {
        const page = (await request(contract, {
          limit: 200,
          ...(input as object),
          ...(cursor === null ? {} : { cursor }),
        })) as { items: unknown[]; next_cursor: string | null };
        items.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null);
      return items as never;
    },
    download: async (contract, input) => {
      const { method, path } = await addressed(contract, input);
      return call(method, path, { deadlineMs: downloadMs });
    },
    listen: (signal, lastEventId) => call('GET', '/api/v1/events', { signal, lastEventId }),
    send,
  };
};

const contentOf = async (response: Response): Promise<unknown> => {
  const text = await response.text();
  return text === '' ? null : JSON.parse(text);
};

type Options = Sending & {
  body?: unknown;
  mediaType?: string;
  deadlineMs?: number;
  /** Ends the request instead of a deadline. */
  signal?: AbortSignal;
  lastEventId?: string | undefined;
};

/** The response of the gateway, whatever its status. Throws ApiError when the gateway cannot be reached in time. */
const reach = async (
  url: URL,
  {
    method,
    token,
    body,
    mediaType = 'application/json',
    idempotencyKey,
    ifMatch,
    deadlineMs = waitMs,
    signal,
    lastEventId,
  }: Options & {
    method: string;
    token: string | null;
  },
): Promise<Response> => {
  try {
    return await fetch(url, {
      method,
      signal: signal ?? AbortSignal.timeout(deadlineMs),
      headers: {
        // Services reach the gateway within one network, where compressing costs more than it saves.
        'accept-encoding': 'identity',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': mediaType }),
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
        ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    const detail = 'The gateway does not answer at the moment; try again.';
    throw new ApiError(
      `${method} ${url.href} failed: the gateway does not answer`,
      { status: 503, type: 'unreachable', detail },
      { cause },
    );
  }
};

const readOperations = async (baseUrl: string): Promise<Operations> => {
  const response = await reach(new URL('/openapi.json', baseUrl), { method: 'GET', token: null });
  if (!response.ok) throw apiError('GET /openapi.json', response.status, await response.text());
  const { paths } = document.parse(await response.json());
  return new Map(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { operationId }]): [string, Operation][] =>
        operationId === undefined ? [] : [[operationId, { method: method.toUpperCase(), path }]],
      ),
    ),
  );
};

type Addressed = { method: string; path: string; body?: unknown };

/** Fills the parameters of a path from the input; the rest becomes the query or the body. */
const addressOf = ({ method, path: template }: Operation, input: Record<string, unknown>): Addressed => {
  const used = new Set<string>();
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    used.add(name);
    return encodeURIComponent(String(input[name]));
  });
  const rest = Object.entries(input).filter(([name, value]) => !used.has(name) && value !== undefined);
  if (method !== 'GET' && method !== 'DELETE') return { method, path, body: Object.fromEntries(rest) };
  const query = new URLSearchParams(rest.map(([name, value]) => [name, String(value)]));
  return { method, path: query.size === 0 ? path : `${path}?${query}` };
};
