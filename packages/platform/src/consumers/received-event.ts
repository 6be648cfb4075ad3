import { type EventContract, streams } from '@arcadia/contracts';
import type { JsMsg } from '@nats-io/jetstream';
import { codingHeader, decompressJson } from '../bus/compressed-json.ts';
import { faultsOf } from '../bus/message.ts';
import { headersOf } from '../bus/read-headers.ts';
import type { Received } from '../kernel/definition.ts';

/** A message with its parsed headers: enough to route it, to assemble its parts and to park it. */
export type Incoming = {
  message: JsMsg;
  headers: Readonly<Record<string, string>>;
  id: string;
  type: string;
  version: number;
  part: { index: number; of: number } | null;
};

/** A delivered message with its event, or the error that makes it unreadable; null for a part, which is not readable by itself. */
export type Delivery = Incoming & { content: Received | Error | null };

/** A permanent error of a message: the message is parked with this as its cause. */
export class MessageFault extends Error {
  override name = 'MessageFault';
  readonly fault: string;
  constructor(fault: string, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.fault = fault;
  }
}

function readHead(message: JsMsg): Delivery {
  const headers = headersOf(message);
  const part = headers['arcadia-part'] === undefined ? null : /^(\d+)\/(\d+)$/.exec(headers['arcadia-part']);
  return {
    message,
    headers,
    id: headers['ce-id'] ?? '',
    type: headers['ce-type'] ?? '',
    version: Number(headers['ce-dataversion'] || '1'),
    part: part === null ? null : { index: Number(part[1]), of: Number(part[2]) },
    content: null,
  };
}

/** Reads a message. An error is kept in `content`, for the batch that will handle the message. */
export function receive(message: JsMsg, contracts: ReadonlyMap<string, EventContract>): Delivery {
  const delivery = readHead(message);
  if (delivery.part !== null) return delivery;
  try {
    delivery.content = parseReceived(delivery, contractOf(delivery, contracts), parseJson(delivery));
  } catch (error) {
    delivery.content = error instanceof Error ? error : new Error(String(error));
  }
  return delivery;
}

/**
 * Finds the contract of a message and checks its headers for version and part.
 * @throws MessageFault `not-an-event`, `invalid-data` or `newer-version`
 */
export function contractOf(incoming: Incoming, contracts: ReadonlyMap<string, EventContract>): EventContract {
  const contract = contracts.get(incoming.type);
  if (contract === undefined || incoming.id === '') {
    throw new MessageFault(
      'not-an-event',
      `this consumer takes no message of type "${incoming.type}" with id "${incoming.id}"`,
    );
  }
  if (!Number.isInteger(incoming.version) || incoming.version < 1) {
    throw new MessageFault(
      'invalid-data',
      `ce-dataversion "${incoming.headers['ce-dataversion'] ?? ''}" of ${incoming.type} ${incoming.id} is not a version; versions are whole numbers from 1 on`,
    );
  }
  if (incoming.part === null && incoming.headers['arcadia-part'] !== undefined) {
    throw new MessageFault(
      'invalid-data',
      `arcadia-part "${incoming.headers['arcadia-part']}" of ${incoming.type} ${incoming.id} is not of the form 1/3`,
    );
  }
  if (incoming.version > contract.version) {
    throw new MessageFault(
      'newer-version',
      `${incoming.type} has version ${incoming.version}; this service understands versions up to ${contract.version}`,
    );
  }
  return contract;
}

/**
 * Validates the data of a whole message. On a stream to which all services publish, each may use subjects of its own only, so an
 * event there is believed about its service only where its subject names the same.
 * @throws MessageFault `invalid-data`
 */
export function parseReceived(incoming: Incoming, contract: EventContract, payload: unknown): Received {
  const { message } = incoming;
  const parsed = contract.data.safeParse(payload);
  if (!parsed.success) {
    throw new MessageFault('invalid-data', `${incoming.type} ${incoming.id}: ${faultsOf(parsed.error)}`);
  }
  if (streams[contract.stream].owner === null && message.subject !== contract.subject(parsed.data)) {
    const detail = `its data belongs on ${contract.subject(parsed.data)}, but it was published on ${message.subject}`;
    throw new MessageFault('invalid-data', `${incoming.type} ${incoming.id}: ${detail}`);
  }
  const { headers } = incoming;
  const occurredAt = instantOf(headers['ce-time'], message);
  const { stream } = message.info;
  const { seq, subject } = message;
  return {
    contract,
    type: contract.type,
    data: parsed.data,
    id: incoming.id,
    occurredAt,
    stream,
    seq,
    subject,
    headers,
  };
}

export function parseJson(incoming: Content): unknown {
  try {
    return readContent(incoming);
  } catch (cause) {
    const { info, seq } = incoming.message;
    throw new MessageFault('not-json', `the message at ${info.stream}:${seq} is not JSON`, { cause });
  }
}

type Content = { message: JsMsg; headers: Readonly<Record<string, string>> };

/**
 * The content of a message, compressed or not.
 * @throws for what is not JSON, or has a coding that this release does not know
 */
export function readContent({ message, headers }: Content): unknown {
  const coding = headers[codingHeader] ?? '';
  if (coding === '') return message.json();
  if (coding !== 'zstd') throw new Error(`the coding "${coding}" is not known`);
  return decompressJson(message.json());
}

/** The content of a message for people; as it was sent where it cannot be read. */
export function contentText({ message, headers }: Content): string {
  try {
    if (headers[codingHeader] !== undefined) return JSON.stringify(readContent({ message, headers }));
  } catch {
    return message.string();
  }
  return message.string();
}

function instantOf(text: string | undefined, message: JsMsg): Temporal.Instant {
  try {
    return Temporal.Instant.from(text ?? '');
  } catch {
    throw new MessageFault(
      'invalid-data',
      `ce-time "${text ?? ''}" of ${message.info.stream}:${message.seq} is not an instant`,
    );
  }
}
