import type { RequestContract, RequestOutput } from '@arcadia/contracts';
import { z } from 'zod';

/** A client of the gateway: HTTP with a token, with the routes taken from the gateway's OpenAPI document. */
export type Api = {
  /** Sends the request of a contract. Throws ApiError when it is refused or fails, ApprovalNeeded when it waits for a second person. */
  request<Contract extends RequestContract>(
    contract: Contract,
    input: z.input<Contract['input']>,
    sending?: string | Sending,
  ): Promise<RequestOutput<Contract>>;
  /** Reads what people edit, with the version (`ETag`) that a change sends back as `ifMatch`. */
  read<Contract extends RequestContract>(
    contract: Contract,
    input: z.input<Contract['input']>,
  ): Promise<{ answer: RequestOutput<Contract>; version: string | null }>;
  /** All items of a list, read page by page. */
  list<Contract extends RequestContract>(
    contract: Contract,
    input: z.input<Contract['input']>,
  ): Promise<Item<Contract>[]>;
  /** Opens the file that a contract answers with; the caller reads its body. Throws ApiError when it is refused or fails. */
  download<Contract extends RequestContract>(contract: Contract, input: z.input<Contract['input']>): Promise<Response>;
  /** Opens the live feed (server-sent events); the caller reads its body until the signal ends it. Throws ApiError. */
  listen(signal: AbortSignal, lastEventId?: string): Promise<Response>;
  /** Sends an HTTP request to a path of the gateway and returns the parsed JSON. Throws ApiError for a status other than 2xx. */
  send(
    method: string,
    path: string,
    options?: { body?: unknown; mediaType?: string; idempotencyKey?: string },
  ): Promise<unknown>;
};

/** How a command is sent. A text alone is its idempotency key. */
export type Sending = {
  idempotencyKey?: string;
  /** The version that the sender saw; the command is refused (412) when it is no longer the present one. */
  ifMatch?: string;
};

type Item<Contract extends RequestContract> = RequestOutput<Contract> extends { items: (infer Each)[] } ? Each : never;

/** An invalid field of a request: a JSON pointer such as `/reason`, and what is wrong. */
export type Fault = { pointer: string; detail: string };

/** The gateway refused a request or failed; the message names the request, the status and the detail. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** The problem's type, such as `/problems/not-found`. */
  readonly type: string;
  /** The sentence of the problem, for people. */
  readonly detail: string;
  readonly faults: readonly Fault[];
  constructor(
    message: string,
    problem: { status: number; type: string; detail: string; faults?: readonly Fault[] },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.status = problem.status;
    this.type = problem.type;
    this.detail = problem.detail;
    this.faults = problem.faults ?? [];
  }

  /** The last part of the type, such as `not-found`. */
  get word(): string {
    return this.type.split('/').at(-1) ?? '';
  }
}

/** Nothing was done: the command destroys or pays, and waits for a second person. */
export class ApprovalNeeded extends Error {
  override readonly name = 'ApprovalNeeded';
  readonly approvalId: string;
  constructor(request: string, approvalId: string) {
    super(`${request} waits for a second person: approve or deny ${approvalId}`);
    this.approvalId = approvalId;
  }
}

/** The approval in the `Location` of an answer; null for any other answer. */
export const approvalIn = ({ status, headers }: Response): string | null =>
  status === 202 ? (/^\/api\/v1\/approvals\/([^/]+)$/.exec(headers.get('location') ?? '')?.[1] ?? null) : null;

const problem = z.looseObject({
  type: z.string().catch('unknown'),
  detail: z.string().catch(''),
  errors: z
    .array(z.object({ pointer: z.string(), detail: z.string() }))
    .optional()
    .catch(undefined),
});

/** The error in a response that is not a success. */
export const apiError = (request: string, status: number, text: string): ApiError => {
  let body: unknown = {};
  try {
    body = JSON.parse(text);
  } catch {
    // Not a problem document, for example a proxy's page. The text itself is shown.
  }
  const { type, detail, errors: faults = [] } = problem.parse(body);
  const sentence = detail === '' ? text.slice(0, 300) : detail;
  const named = faults.length === 0 ? '' : ` ${JSON.stringify(faults)}`;
  return new ApiError(`${request} failed with status ${status}: ${sentence}${named}`, {
    status,
    type,
    detail: sentence,
    faults,
  });
};
