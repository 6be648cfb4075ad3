import { setTimeout as wait } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { z } from 'zod';
import { LongWait, retryAfterMs, type TokenBudget } from './budget.ts';
import { ProviderError, type ProviderFault, WriteRefusedError } from './errors.ts';
import { parseExactJson, parsePlainJson } from './exact-json.ts';
import { isNotNow } from './not-now.ts';

export type QueryValue = string | number | boolean | undefined;

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A path beginning with `/v2/`, or a whole URL on the origin of the base URL. */
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Parse fractions as floats: faster, for responses whose fractions are not used. */
  readonly isInexact?: boolean;
  /** The caller reads the body: the deadline covers the head of the response only. */
  readonly isStream?: boolean;
}

/** One attempt, for the log. It never contains a token or a body. */
export interface AttemptLog {
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
  readonly attempt: number;
  readonly durationMs: number;
  readonly requestId: string | null;
  readonly remaining: string | null;
}

export interface TransportOptions {
  /** Read at each attempt, so that a replaced token takes effect. */
  readonly token: string | (() => string | Promise<string>);
  readonly baseUrl: string;
  readonly write: boolean;
  readonly budget: TokenBudget;
  readonly fetch: typeof fetch;
  readonly log: (entry: AttemptLog) => void;
  readonly now: () => Temporal.Instant;
  /** Limit for one attempt. */
  readonly timeoutMs: number;
  readonly retries: number;
  readonly backoffMs: number;
  /** If a longer wait is required, the call fails with `retryAfterMs` and the caller decides. */
  readonly longestWaitMs: number;
  readonly concurrency: number;
}

export interface Transport {
  readonly baseUrl: string;
  readonly now: () => Temporal.Instant;
  /** Resolves to the parsed body of the response. */
  json<T>(request: ApiRequest, schema: z.ZodType<T>): Promise<T>;
  /** Resolves to what `read` makes of the text of the body; `parse` gives the parsed body, also later. */
  text<T, R>(request: ApiRequest, schema: z.ZodType<T>, read: (text: string, parse: () => T) => R): Promise<R>;
  /** For responses without a body. Deleting a resource that no longer exists succeeds. */
  send(request: ApiRequest): Promise<void>;
  stream(request: ApiRequest): Promise<Response>;
}

type Read<T> = (response: Response) => Promise<T>;

/** Sends requests within one budget, with bounded concurrency, deadlines, and retries of requests that are safe to repeat. */
export function createTransport(options: TransportOptions): Transport {
  const queue = new PQueue({ concurrency: options.concurrency });
  const run = async <T>(request: ApiRequest, read: Read<T>): Promise<T> => {
    const method = request.method ?? 'GET';
    if (method !== 'GET' && !options.write) throw new WriteRefusedError(method, request.path);
    const target = targetOf(options.baseUrl, request);
    const waiting = request.signal === undefined ? {} : { signal: request.signal };
    return (await queue.add(() => attempts(options, { ...request, method }, target, read), waiting)) as T;
  };
  const text: Transport['text'] = (request, schema, read) =>
    run(request, async (response) => {
      const body = await response.text();
      return read(body, () => parsed(body, schema, { request, response }));
    });
  return {
    baseUrl: options.baseUrl,
    now: options.now,
    text,
    json: (request, schema) => text(request, schema, (_, parse) => parse()),
    send: async (request) => {
      try {
        await run(request, async (response) => void (await response.arrayBuffer()));
      } catch (error) {
        if (!(request.method === 'DELETE' && error instanceof ProviderError && error.status === 404)) throw error;
      }
    },
    stream: (request) => run({ ...request, isStream: true }, async (response) => response),
  };
}

async function attempts<T>(
  options: TransportOptions,
  request: ApiRequest & { method: string },
  target: URL,
  read: Read<T>,
): Promise<T> {
  // A creation is never repeated here: only its caller can find out whether it took effect.
  const isRepeatable = request.method === 'GET' || request.method === 'DELETE';
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(options, request, target, attempt, read);
    } catch (error) {
      if (!(error instanceof ProviderError) || !error.retryable || !isRepeatable || attempt > options.retries)
        throw error;
      const backoff = options.backoffMs * 2 ** (attempt - 1) * (0.5 + Math.random());
      const ms = Math.max(Math.min(backoff, 30_000), error.retryAfterMs ?? 0);
      if (ms > options.longestWaitMs) throw error;
      await wait(ms, undefined, request.signal === undefined ? {} : { signal: request.signal });
    }
  }
}

/** Waits for the budget of the token. A wait that is too long is a refusal for the present, with the pause that is needed. */
async function permission({ budget }: TransportOptions, request: ApiRequest & { method: string }): Promise<void> {
  try {
    await budget.take(request.signal);
  } catch (error) {
    if (!(error instanceof LongWait)) throw error;
    const { method, path } = request;
    const refused = {
      status: null,
      id: 'limited',
      message: `not sent: ${error.message}`,
      requestId: null,
      method,
      path,
    };
    const pause = { retryable: true, retryAfterMs: Math.ceil(error.ms), outcomeUnknown: false, isNotNow: true };
    throw new ProviderError({ ...refused, ...pause }, { cause: error });
  }
}

async function once<T>(
  options: TransportOptions,
  request: ApiRequest & { method: string },
  target: URL,
  attempt: number,
  read: Read<T>,
): Promise<T> {
  await permission(options, request);
  const token = typeof options.token === 'string' ? options.token : await options.token();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), options.timeoutMs);
  const timeout = deadline.signal;
  const signal = request.signal === undefined ? timeout : AbortSignal.any([timeout, request.signal]);
  const started = performance.now();
  const log = (response: Response | null): void =>
    options.log({
      method: request.method,
      path: target.pathname + target.search,
      status: response?.status ?? null,
      attempt,
      durationMs: Math.round(performance.now() - started),
      requestId: response?.headers.get('x-request-id') ?? null,
      remaining: response?.headers.get('ratelimit-remaining') ?? null,
    });
  let response: Response;
  try {
    response = await options.fetch(target, {
      method: request.method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token}`,
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      // The token must not be sent to the target of a redirect.
      redirect: 'manual',
      signal,
    });
  } catch (error) {
    clearTimeout(timer);
    log(null);
    throw noAnswer(request, error, timeout);
  }
  if (request.isStream === true) clearTimeout(timer);
  log(response);
  try {
    await options.budget.observe(response);
    if (!response.ok) throw await refusal(request, response, options.now().epochMilliseconds);
    return await read(response);
  } catch (error) {
    throw error instanceof ProviderError ? error : noAnswer(request, error, timeout);
  } finally {
    clearTimeout(timer);
  }
}

/** The same transport; every request also ends when the signal aborts, also while it waits for the budget or for a retry. */
export function withSignal(transport: Transport, signal: AbortSignal): Transport {
  const within = (request: ApiRequest): ApiRequest => ({
    ...request,
    signal: request.signal === undefined ? signal : AbortSignal.any([request.signal, signal]),
  });
  return {
    baseUrl: transport.baseUrl,
    now: transport.now,
    json: (request, schema) => transport.json(within(request), schema),
    text: (request, schema, read) => transport.text(within(request), schema, read),
    send: (request) => transport.send(within(request)),
    stream: (request) => transport.stream(within(request)),
  };
}

/** The URL of a request. Throws if a whole URL is not on the origin of the base URL. */
export function targetOf(baseUrl: string, request: ApiRequest): URL {
  const base = new URL(baseUrl);
  const target = request.path.startsWith('/')
    ? new URL(base.href.replace(/\/$/, '') + request.path)
    : new URL(request.path);
  if (target.origin !== base.origin)
    throw new Error(`${target.origin} is not the provider's address ${base.origin}; the request was not sent`);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    if (value !== undefined) target.searchParams.set(name, String(value));
  }
  return target;
}

type Exchange = { request: ApiRequest; response: Response };

function parsed<T>(text: string, schema: z.ZodType<T>, { request, response }: Exchange): T {
  const result = schema.safeParse(parseBody(text, request, response));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  throw unreadable(request, response, `unexpected answer${place}: ${issue?.message ?? ''}`);
}

function parseBody(text: string, request: ApiRequest, response: Response): unknown {
  try {
    return request.isInexact === true ? parsePlainJson(text) : parseExactJson(text);
  } catch (error) {
    throw unreadable(request, response, text === '' ? 'the answer is empty' : 'the answer is not JSON', error);
  }
}

function unreadable(request: ApiRequest, response: Response, message: string, cause?: unknown): ProviderError {
  const fault = faultOf(request, { status: response.status, id: 'unreadable', message, retryable: true });
  return new ProviderError({ ...fault, requestId: response.headers.get('x-request-id') }, { cause });
}

function noAnswer(request: ApiRequest, error: unknown, timeout: AbortSignal): unknown {
  if (request.signal?.aborted === true) return error;
  const id = timeout.aborted ? 'timeout' : 'network';
  const message = timeout.aborted ? 'no answer in time' : 'the connection failed or broke';
  return new ProviderError(faultOf(request, { status: null, id, message, retryable: true }), { cause: error });
}

function faultOf(
  request: ApiRequest,
  fault: Pick<ProviderFault, 'status' | 'id' | 'message' | 'retryable'>,
): ProviderFault {
  const method = request.method ?? 'GET';
  return {
    requestId: null,
    method,
    path: request.path,
    retryAfterMs: null,
    ...fault,
    outcomeUnknown: method !== 'GET' && fault.retryable,
    isNotNow: isNotNow({ method, ...fault, hasBody: request.body !== undefined }),
  };
}

/** Parses an error in either of the provider's two shapes. Any other body, such as an HTML page, is reported by its status. */
async function refusal(request: ApiRequest, response: Response, at: number): Promise<ProviderError> {
  const text = await response.text().catch(() => '');
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) body = parsed as Record<string, unknown>;
  } catch {} // Not JSON: the status is reported.
  const word = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
  const messages = Array.isArray(body.messages) ? body.messages.map(String) : [];
  const reasons = [word(body.message), word(body.error), ...messages].filter((text) => text !== null);
  const { status } = response;
  const fault = faultOf(request, {
    status,
    id: word(body.id) ?? (status >= 300 && status < 400 ? 'redirect' : `http_${status}`),
    message: reasons.join('; ') || response.statusText || 'no reason given',
    retryable: status === 429 || status >= 500 || status === 408,
  });
  return new ProviderError({
    ...fault,
    requestId: word(body.request_id) ?? response.headers.get('x-request-id'),
    retryAfterMs: status === 429 || status === 503 ? retryAfterMs(response.headers, at) : null,
    // A request refused with 429 took no effect.
    outcomeUnknown: fault.outcomeUnknown && status !== 429,
  });
}
