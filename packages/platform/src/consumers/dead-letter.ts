import { eventId, type ServiceName } from '@arcadia/contracts';
import type { JsMsg } from '@nats-io/jetstream';
import type { LoggedEvent } from '../bus/message.ts';
import { headersOf } from '../bus/read-headers.ts';
import { redactText } from '../kernel/log.ts';
import type { DeadLetter } from './letter.ts';
import { contentText } from './received-event.ts';

export const deadStream = 'DEAD';
export const deadEventType = 'message.parked';

const largestCarried = 600 * 1024;
/** The longest error text of a letter, in characters. */
export const longestDetail = 4_000;

export function deadLetterOf(
  message: JsMsg,
  why: {
    service: ServiceName;
    consumer: string;
    fault: string;
    detail: string;
    attempts: number;
    now: Temporal.Instant;
  },
): LoggedEvent {
  const headers = headersOf(message);
  const payload = contentText({ message, headers });
  const { now, ...rest } = why;
  const letter: DeadLetter = {
    ...rest,
    detail: why.detail.slice(0, longestDetail),
    parked_at: now.toString(),
    origin: {
      stream: message.info.stream,
      seq: message.seq,
      subject: message.subject,
      headers,
      payload: JSON.stringify(payload).length > largestCarried ? null : payload,
    },
  };
  return deadEvent(letter, message.info.timestampNanos);
}

/** @param storedAt when the stream stored the message, in nanoseconds: one that was rolled back hands out the same sequence numbers again */
function deadEvent(letter: DeadLetter, storedAt: number): LoggedEvent {
  const { service, consumer, origin } = letter;
  const subject = `dead.${service}.${consumer}`;
  return {
    // The same each time that the same message is parked.
    id: eventId(subject, `${origin.stream}:${origin.seq}:${origin.headers['Nats-Msg-Id'] ?? ''}:${storedAt}`),
    stream: deadStream,
    type: deadEventType,
    version: 1,
    subject,
    occurredAt: letter.parked_at,
    part: null,
    parts: null,
    headers: null,
    payload: JSON.stringify(letter),
  };
}

/** The error text of a dead letter: the chain of causes, without stacks and without secrets. */
export function describeError(error: unknown): string {
  const texts: string[] = [];
  for (
    let at = error;
    at !== undefined && at !== null && texts.length < 5;
    at = at instanceof Error ? at.cause : null
  ) {
    texts.push(at instanceof Error ? `${at.name}: ${at.message}` : String(at));
  }
  return redactText(texts.join('; caused by '));
}
