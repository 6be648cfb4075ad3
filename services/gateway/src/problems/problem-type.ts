/** What programs branch on and people read about: one kind of RFC 9457 problem. */
export type ProblemType = {
  /** The HTTP status that every problem of this type has. */
  readonly status: 400 | 401 | 403 | 404 | 405 | 406 | 408 | 409 | 412 | 413 | 415 | 422 | 429 | 431 | 500 | 503;
  /** One sentence: what the type states. */
  readonly meaning: string;
  /** In which situation it is answered. */
  readonly when: string;
  /** What the caller does about it. */
  readonly remedy: string;
  /** Set where the same request may succeed later: after how many seconds, unless the answer names its own time. */
  readonly retryAfterSeconds?: number;
};
