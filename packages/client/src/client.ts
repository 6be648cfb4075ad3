import { addressOf } from './address.ts';
import type { Operations } from './generated/operations.ts';
import { operations } from './generated/routes.ts';

type Name = keyof Operations;
type Input<N extends Name> = Operations[N]['input'];
type Output<N extends Name> = Operations[N]['output'];
type Item<N extends Name> = Output<N> extends { items: (infer Each)[] } ? Each : never;
type ListName = { [N in Name]: Output<N> extends { items: unknown[]; next_cursor: string | null } ? N : never }[Name];
type FileName = { [N in Name]: Operations[N]['isFile'] extends true ? N : never }[Name];

/** How a call is made. */
export type Call = {
  /** Commands with the same key take effect once; by default a new one for each call, which its repetitions keep. */
  idempotencyKey?: string;
  /** The version that the caller saw (`ETag`); the command is refused when it is no longer the present one. */
  ifMatch?: string;
  signal?: AbortSignal;
};

export type Client = {
  /** Sends a request. Throws ProblemError for an answer that is no success, ApprovalNeeded for a command that waits, and what `fetch` throws. */
  call<N extends Name>(name: N, input: Input<N>, call?: Call): Promise<Output<N>>;
  /** The items of a list, read page by page. */
  each<N extends ListName>(name: N, input: Input<N>): AsyncGenerator<Item<N>, void>;
  /** Opens a file; the caller reads its body. */
  download<N extends FileName>(name: N, input: Input<N>): Promise<Response>;
};

/** The API refused a request or failed. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  /** The last part of the problem's type, such as `not-found`. */
  readonly word: string;
  readonly detail: string;
  constructor(request: string, status: number, problem: { type?: unknown; detail?: unknown }, text: string) {
    const detail = typeof problem.detail === 'string' ? problem.detail : text.slice(0, 300);
    super(`${request} failed with status ${status}: ${detail}`);
    this.status = status;
    this.word = typeof problem.type === 'string' ? (problem.type.split('/').at(-1) ?? '') : '';
    this.detail = detail;
  }
}

/** Nothing was done yet: the command waits for a second person, who approves or denies it. */
export class ApprovalNeeded extends Error {
  override readonly name = 'ApprovalNeeded';
  readonly approvalId: string;
  constructor(request: string, approvalId: string) {
    super(`${request} waits for a second person: approve or deny ${approvalId}`);
    this.approvalId = approvalId;
  }
}

/** The approval in the `Location` of an answer; null for any other answer. */
const approvalIn = ({ status, headers }: Response): string | null =>
  status === 202 ? (/^\/api\/v1\/approvals\/([^/]+)$/.exec(headers.get('location') ?? '')?.[1] ?? null) : null;

/** Attempts of a call, the first one included. */
const mostAttempts = 4;
/** The longest wait that is kept between two attempts, in milliseconds. */
const longestWaitMs = 30_000;

/** A client of the REST API at a URL, for the person or program of a token. `fetch` may be another one, for tests and proxies. */
export function createClient({
  url,
  token,
  fetch: send = fetch,
}: {
  url: string;
  token: string;
  fetch?: typeof globalThis.fetch;
}): Client {
  const open = async (name: Name, input: object, { idempotencyKey, ifMatch, signal }: Call = {}): Promise<Response> => {
    const { method, path, body } = addressOf(name, input as Readonly<Record<string, unknown>>);
    const isCommand = operations[name][2] === 'command';
    const init: RequestInit = {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(isCommand ? { 'idempotency-key': idempotencyKey ?? crypto.randomUUID() } : {}),
        ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    };
    for (let attempt = 1; ; attempt += 1) {
      const response = await reach(send, new URL(path, url), init, attempt);
      if (response === null) continue;
      if (response.ok) return response;
      const text = await response.text();
      if (attempt >= mostAttempts || ![429, 503].includes(response.status))
        throw new ProblemError(`${method} ${path}`, response.status, jsonOf(text), text);
      await wait(waitOf(response.headers.get('retry-after'), attempt), signal);
    }
  };
  const call = async (name: Name, input: object, options?: Call): Promise<unknown> => {
    const response = await open(name, input, options);
    const approval = approvalIn(response);
    if (approval !== null) throw new ApprovalNeeded(name, approval);
    const text = await response.text();
    return text === '' ? null : JSON.parse(text);
  };
  return {
    call: call as Client['call'],
    async *each(name, input) {
      let cursor: string | null = null;
      do {
        const page = (await call(name, {
          limit: 200,
          ...(input as object),
          ...(cursor === null ? {} : { cursor }),
        })) as {
          items: never[];
          next_cursor: string | null;
        };
        yield* page.items;
        cursor = page.next_cursor;
      } while (cursor !== null);
    },
    download: (name, input) => open(name, input),
  };
}

/** The response; null: the connection broke, and the request is to be sent again. A call that was ended by its signal is not. */
async function reach(
  send: typeof globalThis.fetch,
  url: URL,
  init: RequestInit,
  attempt: number,
): Promise<Response | null> {
  try {
    return await send(url, init);
  } catch (error) {
    if (attempt >= mostAttempts || init.signal?.aborted === true) throw error;
    await wait(waitOf(null, attempt), init.signal ?? undefined);
    return null;
  }
}

/** The wait before the next attempt, in milliseconds: what the server asks for, or a second, doubled each time. */
const waitOf = (retryAfter: string | null, attempt: number): number =>
  Math.min(longestWaitMs, /^\d{1,5}$/.test(retryAfter ?? '') ? Number(retryAfter) * 1_000 : 2 ** (attempt - 1) * 1_000);

/** Waits; an abort ends the wait with its reason. */
const wait = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', end);
      resolve();
    }, ms);
    signal?.addEventListener('abort', end, { once: true });
  });

const jsonOf = (text: string): { type?: unknown; detail?: unknown } => {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
};
