import { type Address, addressOf, type Operations, operations } from '@arcadia/client';
import type { RequestContract } from '@arcadia/contracts';
import { type Api, ApiError, ApprovalNeeded, apiError, approvalIn, type Sending } from './api.ts';

/** A gateway, called by many people. */
export type Gateway = {
  /** Throws ApiError when the gateway does not answer. */
  ready(): Promise<void>;
  /** The client of the person or program with this token. */
  as(token: string): Api;
};

/** How long a caller waits, in milliseconds. */
const waitMs = 30_000;
/** How long a caller waits for a whole file, in milliseconds. */
const downloadMs = 300_000;

/** A client of the gateway with one token. Waits for the gateway's answer. */
export const connectApi = async (baseUrl: string, token: string): Promise<Api> => {
  const gateway = createGateway(baseUrl);
  await gateway.ready();
  return gateway.as(token);
};

/** A gateway at a URL. */
export const createGateway = (baseUrl: string): Gateway => ({
  ready: async () => {
    const response = await reach(new URL('/api/health', baseUrl), { method: 'GET', token: null });
    if (!response.ok) throw apiError('GET /api/health', response.status, await response.text());
  },
  as: (token) => clientOf(baseUrl, token),
});

const clientOf = (baseUrl: string, token: string): Api => {
  const call = async (method: string, path: string, options: Options = {}): Promise<Response> => {
    const response = await reach(new URL(path, baseUrl), { ...options, method, token });
    if (response.ok) return response;
    throw apiError(`${method} ${path}`, response.status, await response.text());
  };
  const send: Api['send'] = async (method, path, options) => contentOf(await call(method, path, options));
  const addressed = ({ name }: RequestContract, input: unknown): Address => {
    if (!isOperation(name)) throw new Error(`the gateway has no route for ${name}`);
    return addressOf(name, (input ?? {}) as Record<string, unknown>);
  };
  const request = async (
    contract: RequestContract,
    input: unknown,
    sending: string | Sending = {},
  ): Promise<unknown> => {
    const { method, path, body } = addressed(contract, input);
    const options = typeof sending === 'string' ? { idempotencyKey: sending } : sending;
    const response = await call(method, path, body === undefined ? options : { body, ...options });
    const approvalId = approvalIn(response);
    if (approvalId !== null) throw new ApprovalNeeded(contract.name, approvalId);
    return contentOf(response);
  };
  return {
    request: request as Api['request'],
    read: async (contract, input) => {
      const { method, path } = addressed(contract, input);
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
      const { method, path } = addressed(contract, input);
      return call(method, path, { deadlineMs: downloadMs });
    },
    listen: (signal, lastEventId) => call('GET', '/api/v1/events', { signal, lastEventId }),
    send,
  };
};

const isOperation = (name: string): name is keyof Operations => Object.hasOwn(operations, name);

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
