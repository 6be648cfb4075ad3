import type { Actor } from '@arcadia/contracts';

export type RequestOptions = {
  actor: Actor;
  /** How long to wait for the answer; by default 5,000 ms. */
  deadlineMs?: number;
  /** For commands: requests with the same key take effect once. */
  idempotencyKey?: string;
  traceparent?: string;
  /** For commands that edit something: the entity tags of the versions that the sender saw, as the header `If-Match` holds them. */
  ifMatch?: string;
  /** The id of the HTTP request that this request serves; it is audited with a command. */
  requestId?: string;
};

export type StreamedReply = {
  /** The answering service's description of the file: name and media type. */
  head: Record<string, unknown>;
  chunks: AsyncIterable<Uint8Array>;
};
