import { type EventContract, eventId, type ServiceName } from '@arcadia/contracts';
import { divide } from './divide.ts';
import { headerText } from './written-headers.ts';

/** The largest payload in bytes. Larger events are divided into parts, or refused before the commit. */
export const maxMessageBytes = 512 * 1024;

/** One row of the events log: a message to be published. */
export type LoggedEvent = {
  id: string;
  stream: string;
  type: string;
  version: number;
  subject: string;
  occurredAt: string;
  part: number | null;
  parts: number | null;
  headers: Record<string, string> | null;
  payload: string;
};

const subjectShape = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_=-]+)+$/;
/** Far below the server's limit on a protocol line. */
const longestSubject = 1024;

export type EventMeta = { occurredAt: Temporal.Instant; headers: Record<string, string> | null };

/**
 * Validates the data of an event and encodes it as one message, or as several parts.
 * @throws when the data breaks the contract; OversizedError when it is too large
 */
export function encodeEvent(contract: EventContract, data: unknown, meta: EventMeta): LoggedEvent[] {
  const parsed = contract.data.safeParse(data);
  if (!parsed.success) {
    throw new Error(`${contract.type} cannot be published: ${faultsOf(parsed.error)}`, { cause: parsed.error });
  }
  const subject = contract.subject(parsed.data);
  if (subject.length > longestSubject || !subjectShape.test(subject) || !subject.startsWith(`${contract.type}.`)) {
    throw new Error(`${contract.type} cannot be published on subject "${subject.slice(0, 200)}"`);
  }
  const event = {
    id: eventId(contract.type, contract.key(parsed.data)),
    stream: contract.stream,
    type: contract.type,
    version: contract.version,
    subject,
    occurredAt: meta.occurredAt.toString(),
    headers: meta.headers,
  };
  // What the contract read, so that an instant is published exactly as a consumer reads it and as Postgres stores it.
  const whole = parsed.data;
  const payload = JSON.stringify(whole);
  if (Buffer.byteLength(payload) <= maxMessageBytes) return [{ ...event, part: null, parts: null, payload }];
  const divided = divide(whole as Record<string, unknown>, contract.parts, {
    room: maxMessageBytes,
    name: `${contract.type} ${event.id}`,
  });
  const payloads = divided.map((part) => JSON.stringify(part));
  return payloads.map((part, index) => ({ ...event, part: index + 1, parts: payloads.length, payload: part }));
}

/** The first five faults of a failed validation, as one line. */
export function faultsOf(error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] }): string {
  const shown = error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || 'value'}: ${issue.message}`);
  const more = error.issues.length > 5 ? `; and ${error.issues.length - 5} more` : '';
  return `${shown.join('; ')}${more}`;
}

/** The id by which the server recognises duplicates: the event's id, and for a part its number too. */
export function messageId(event: { id: string; part: number | null }): string {
  return event.part === null ? event.id : `${event.id}/${event.part}`;
}

/** The place of a message in the log of its service: its number, and the transaction that logged it. */
export type LogPlace = { number: string; transaction: string | null };

/** The header with the place of a message in the log, by which a restore puts messages in their order: `4711/815.692c1f00`. */
export const logHeader = 'arcadia-log';
/** The header of the last message of a batch of a transaction that had to be published in several batches, unless it ends there. */
export const continuesHeader = 'arcadia-continues';

export const logPlaceText = ({ number, transaction }: LogPlace): string =>
  transaction === null ? number : `${number}/${transaction}`;

/** The place that `logPlaceText` wrote; null for a message that was published without it. */
export function readLogPlace(text: string | undefined): LogPlace | null {
  const found = /^(\d+)(?:\/(.+))?$/.exec(text ?? '');
  return found?.[1] === undefined ? null : { number: found[1], transaction: found[2] ?? null };
}

type HeadOfType = { version: number; service: ServiceName; text: string };

/** By type, the headers that depend only on type, version and service, as last written. */
const headsOfTypes = new Map<string, HeadOfType>();

function headOfType({ type, version }: LoggedEvent, service: ServiceName): string {
  const known = headsOfTypes.get(type);
  if (known?.version === version && known.service === service) return known.text;
  const text = headerText({
    'ce-specversion': '1.0',
    'ce-type': type,
    'ce-dataversion': String(version),
    'ce-source': `/services/${service}`,
  });
  headsOfTypes.set(type, { version, service, text });
  return text;
}

/**
 * The headers of a published event as text: CloudEvents attributes, and the id by which the server drops duplicates. A job message has no
 * such id: all services publish to its stream, so one of them could make the server drop the job of another as a duplicate.
 * @throws as `headerText`
 */
export function eventHead(event: LoggedEvent, service: ServiceName): string {
  const { id, occurredAt, part, parts, headers } = event;
  const unique = event.stream === 'JOBS' ? '' : `Nats-Msg-Id: ${messageId(event)}\r\n`;
  const own = headers === null ? '' : headerText(headers);
  const place = part === null || parts === null ? '' : `arcadia-part: ${part}/${parts}\r\n`;
  return `${unique}ce-id: ${id}\r\nce-time: ${occurredAt}\r\n${headOfType(event, service)}${own}${place}`;
}

/** The same headers by their names. */
export function messageHeaders(event: LoggedEvent, service: ServiceName): Record<string, string> {
  const headers: Record<string, string> = {
    ...(event.stream === 'JOBS' ? {} : { 'Nats-Msg-Id': messageId(event) }),
    'ce-id': event.id,
    'ce-time': event.occurredAt,
    'ce-specversion': '1.0',
    'ce-type': event.type,
    'ce-dataversion': String(event.version),
    'ce-source': `/services/${service}`,
    ...event.headers,
  };
  if (event.part !== null && event.parts !== null) headers['arcadia-part'] = `${event.part}/${event.parts}`;
  return headers;
}
