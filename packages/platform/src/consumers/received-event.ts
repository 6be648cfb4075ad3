import type { EventContract } from '@arcadia/contracts';
import type { JsMsg } from '@nats-io/jetstream';
import { faultsOf } from '../bus/message.ts';
import type { Received } from '../kernel/definition.ts';

/** A message as far as its headers tell: enough to route it, to assemble its parts and to park it. */
export type Incoming = {
  message: JsMsg;
  headers: Readonly<Record<string, string>>;
  id: string;
  type: string;
  version: number;
  part: { index: number; of: number } | null;
};

/** A message as it came off the stream: what it tells, or what is wrong with it. Null: a part tells nothing by itself. */
export type Delivery = Incoming & { told: Received | Error | null };

/** Something that no repetition will mend: the message is parked with this as its cause. */
export class MessageFault extends Error {
  override name = 'MessageFault';
  readonly fault: string;
  constructor(fault: string, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.fault = fault;
  }
}

export function readHead(message: JsMsg): Incoming {
  const headers = headersOf(message);
  const part = headers['arcadia-part'] === undefined ? null : /^(\d+)\/(\d+)$/.exec(headers['arcadia-part']);
  return {
    message,
    headers,
    id: headers['ce-id'] ?? '',
    type: headers['ce-type'] ?? '',
    version: Number(headers['ce-dataversion'] || '1'),
    part: part === null ? null : { index: Number(part[1]), of: Number(part[2]) },
  };
}

/** Read a message whole. What is wrong with it is kept for the batch that it will be in. */
export function receive(message: JsMsg, contracts: ReadonlyMap<string, EventContract>): Delivery {
  const incoming = readHead(message);
  if (incoming.part !== null) return { ...incoming, told: null };
  try {
    return { ...incoming, told: parseReceived(incoming, contractOf(incoming, contracts), parseJson(message)) };
  } catch (error) {
    return { ...incoming, told: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** Find the contract and check the version; throws MessageFault. */
export function contractOf(incoming: Incoming, contracts: ReadonlyMap<string, EventContract>): EventContract {
  const contract = contracts.get(incoming.type);
  if (contract === undefined || incoming.id === '') {
    throw new MessageFault(
      'not-an-event',
      `a message of type "${incoming.type}" with id "${incoming.id}" is not heard here`,
    );
  }
  if (incoming.version > contract.version) {
    throw new MessageFault(
      'newer-version',
      `${incoming.type} comes in version ${incoming.version}, this service understands up to ${contract.version}`,
    );
  }
  return contract;
}

/** Parse the data of a whole message; throws MessageFault. */
export function parseReceived(incoming: Incoming, contract: EventContract, payload: unknown): Received {
  const { message } = incoming;
  const parsed = contract.data.safeParse(payload);
  if (!parsed.success) {
    throw new MessageFault('invalid-data', `${incoming.type} ${incoming.id}: ${faultsOf(parsed.error)}`);
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

export function parseJson(message: JsMsg): unknown {
  try {
    return message.json();
  } catch (cause) {
    throw new MessageFault('not-json', `the message at ${message.info.stream}:${message.seq} is not JSON`, { cause });
  }
}

function instantOf(text: string | undefined, message: JsMsg): Temporal.Instant {
  try {
    return Temporal.Instant.from(text ?? '');
  } catch {
    throw new MessageFault(
      'invalid-data',
      `ce-time "${text ?? ''}" of ${message.info.stream}:${message.seq} is no instant`,
    );
  }
}

/** All headers in one pass: asking the client for each by name searches all of them every time. */
export function headersOf(message: JsMsg): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, values] of message.headers ?? []) headers[name] = values[0] ?? '';
  return headers;
}
