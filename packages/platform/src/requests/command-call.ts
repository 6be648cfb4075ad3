import type { Actor, RequestContract } from '@arcadia/contracts';

/** A request as the service that answers it has read and checked it. */
export type CommandCall = {
  contract: RequestContract;
  input: unknown;
  actor: Actor;
  /** When the requester stops waiting, on the clock of `performance.now()`. */
  deadlineMs: number;
  readonly signal: AbortSignal;
  idempotencyKey: string | null;
  traceparent: string | null;
  /** The content of the header `If-Match`; null: none. */
  ifMatch: string | null;
  /** The `X-Request-Id` of the HTTP request that it serves. */
  requestId: string | null;
};
