import { type Actor, actor as actorSchema, type Refusal } from '@arcadia/contracts';
import type { MsgHdrs } from '@nats-io/nats-core';

/** How a request and its answer look on the wire, for both ends. */
export const askSubject = (service: string, name: string): string => `ask.${service}.${name}`;

export const askHeader = {
  actor: 'arcadia-actor',
  deadline: 'arcadia-deadline',
  idempotencyKey: 'idempotency-key',
  traceparent: 'traceparent',
  outcome: 'arcadia-outcome',
  /** Where the chunks of a streamed answer are fetched. */
  chunks: 'arcadia-chunks',
} as const;

/** Larger answers are refused: a list pages by cursor, a file travels in chunks. */
export const maxReplyBytes = 512 * 1024;

export type Outcome = 'answer' | 'refusal' | 'stream';

/** Refusals that any request may meet, beside those of its contract. */
export type PlatformRefusal =
  | 'invalid-input'
  | 'forbidden'
  | 'idempotency-key-reused'
  | 'in-flight'
  | 'deadline-exceeded'
  | 'answer-too-large'
  | 'unknown-request';

export function platformRefusal(reason: PlatformRefusal, detail: string, extra: Record<string, unknown> = {}): Refusal {
  return { ...extra, refused: reason, detail };
}

export function readActor(headers: MsgHdrs | undefined): Actor | null {
  try {
    const text = Buffer.from(headers?.get(askHeader.actor) ?? '', 'base64url').toString('utf8');
    const parsed = actorSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Headers carry ASCII only, and a subject or tenant may be any text. */
export function writeActor(actor: Actor): string {
  return Buffer.from(JSON.stringify(actor), 'utf8').toString('base64url');
}

/** The other service could not be reached, or not in time. The gateway answers 503. */
export class ServiceUnavailable extends Error {
  override name = 'ServiceUnavailable';
  readonly service: string;
  constructor(service: string, detail: string, options?: ErrorOptions) {
    super(`${service} is not available: ${detail}`, options);
    this.service = service;
  }
}

/** The other service failed in a way it did not foresee; what happened is in its log under this incident id. */
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
