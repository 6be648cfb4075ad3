/** The failure of a request, as the provider or the network reported it. */
export interface ProviderFault {
  /** Null if there was no response. */
  readonly status: number | null;
  /** The provider's own id of the error, such as `not_found`; otherwise `limited` (not sent), `network`, `timeout`, `unreadable`, `redirect` or `http_<status>`. */
  readonly id: string;
  readonly message: string;
  readonly requestId: string | null;
  readonly method: string;
  readonly path: string;
  /** The same request may succeed later. For a write this leaves open whether it took effect. */
  readonly retryable: boolean;
  /** The pause that the provider requires. */
  readonly retryAfterMs: number | null;
  /** A write that may have taken effect: look for its result before trying again. */
  readonly outcomeUnknown: boolean;
  /**
   * The provider refused the request for the present, because of an event in progress, a lock or the rate limit. It took no
   * effect, and the same request may succeed later.
   */
  readonly isNotNow: boolean;
}

/** A failed request to the provider. Branch on `status` and `id`, never on the message. */
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
  readonly isNotNow: boolean;

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
    this.isNotNow = fault.isNotNow;
  }
}

/** A write was requested from a read-only client. The request was not sent. */
export class WriteRefusedError extends Error {
  override readonly name = 'WriteRefusedError';
  readonly method: string;
  readonly path: string;

  constructor(method: string, path: string) {
    super(
      `${method} ${path} was not sent, because this installation is read-only at the provider; allow writes with --write (ARCADIA_WRITE=1)`,
    );
    this.method = method;
    this.path = path;
  }
}
