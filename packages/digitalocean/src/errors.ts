/** What the provider, or the way to it, answered instead of what was asked for. */
export interface ProviderFault {
  /** Null when there was no answer at all. */
  readonly status: number | null;
  /** The provider's own word, such as `not_found`; ours for what it has no word for: `network`, `timeout`, `unreadable`. */
  readonly id: string;
  readonly message: string;
  readonly requestId: string | null;
  readonly method: string;
  readonly path: string;
  /** The same request may do better later. Of a write this says nothing about whether it happened. */
  readonly retryable: boolean;
  /** How long the provider asks to be left alone. */
  readonly retryAfterMs: number | null;
  /** A write that may have happened all the same: look for it before trying again. */
  readonly outcomeUnknown: boolean;
}

/** A call to the provider that failed. Branch on `status` and `id`, never on the message. */
export class ProviderError extends Error implements ProviderFault {
  override readonly name = 'ProviderError';
  readonly status: number | null;
  readonly id: string;
  readonly requestId: string | null;
  readonly method: string;
  readonly path: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  readonly outcomeUnknown: boolean;

  constructor(fault: ProviderFault, options?: ErrorOptions) {
    super(`${fault.method} ${fault.path}: ${fault.message} (${fault.status ?? 'no answer'}, ${fault.id})`, options);
    this.status = fault.status;
    this.id = fault.id;
    this.requestId = fault.requestId;
    this.method = fault.method;
    this.path = fault.path;
    this.retryable = fault.retryable;
    this.retryAfterMs = fault.retryAfterMs;
    this.outcomeUnknown = fault.outcomeUnknown;
  }
}

/** A write was asked of a client that may only read. Nothing left this process. */
export class WriteRefusedError extends Error {
  override readonly name = 'WriteRefusedError';
  readonly method: string;
  readonly path: string;

  constructor(method: string, path: string) {
    super(`${method} ${path} was not sent: this client may only read; allow writes with --write`);
    this.method = method;
    this.path = path;
  }
}
