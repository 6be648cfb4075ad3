import type { Refusal } from '@arcadia/contracts';

/** The NATS subject on which a service answers a request. */
export const requestSubject = (service: string, name: string): string => `ask.${service}.${name}`;

/** The subjects at which a service offers the chunks of its streamed answers, each at one of its own. */
export const chunkSubjects = (service: string): string => `ask.${service}.chunks.*`;

/** True for a subject of replies. Nothing is answered to another subject: the requester may lack the right to publish there. */
export const isInbox = (subject: string | undefined): boolean => subject?.startsWith('_INBOX.') === true;

/** The headers of requests and answers. */
export const requestHeader = {
  /** Everything that a request carries beside its body, with its signature (`request-signature.ts`). */
  request: 'arcadia-request',
  outcome: 'arcadia-outcome',
  /** The subject from which the chunks of a streamed answer are fetched. */
  chunks: 'arcadia-chunks',
} as const;

/** The error code with which a service answers while its infrastructure fails; any other error is an incident. */
export const unavailableCode = 503;

/** The largest answer in bytes; larger ones are refused, because lists have pages and files are sent in chunks. */
export const maxReplyBytes = 512 * 1024;

export type Outcome = 'answer' | 'refusal' | 'stream';

/** Refusals that any request may get, besides those of its contract. */
export type PlatformRefusal =
  | 'invalid-input'
  | 'forbidden'
  | 'idempotency-key-reused'
  | 'in-flight'
  | 'precondition-failed'
  | 'answer-too-large';

export function platformRefusal(reason: PlatformRefusal, detail: string, extra: Record<string, unknown> = {}): Refusal {
  return { ...extra, refused: reason, detail };
}

/** The other service could not be reached, did not answer in time, or cannot answer because its infrastructure failed. The gateway answers 503. */
export class ServiceUnavailable extends Error {
  override name = 'ServiceUnavailable';
  readonly service: string;
  /** Why the service cannot answer, in its own words for the sender of the request; null when there was no answer at all. */
  readonly reason: string | null;
  constructor(service: string, detail: string, options?: ErrorOptions & { reason?: string }) {
    super(`${service} is not available: ${detail}`, options);
    this.service = service;
    this.reason = options?.reason ?? null;
  }
}

/**
 * A service cannot take on more work of a kind at the moment; its sender may send the request again. The gateway answers 503 with
 * `Retry-After`.
 */
export class ServiceBusy extends Error {
  override name = 'ServiceBusy';
  /** @param reason what there is too much of, as the end of a sentence for the sender of the request */
  constructor(reason: string) {
    super(reason);
  }
}

/** The other service failed with an unexpected error; its log shows the error under this incident id. */
export class ServiceFailed extends Error {
  override name = 'ServiceFailed';
  readonly service: string;
  readonly incident: string;
  constructor(service: string, request: string, incident: string) {
    super(`${service} failed to answer ${request}; incident ${incident}`);
    this.service = service;
    this.incident = incident;
  }
}
