import { type Msg, nuid } from '@nats-io/nats-core';
import { failpoint } from '../kernel/failpoints.ts';
import { type Frame, headedFrame, sendFrames } from './frames.ts';
import type { Bus } from './nats.ts';
import { headersOfText, headerText } from './written-headers.ts';

/** A message ready to be published. Its header `Nats-Msg-Id` lets the server recognise a duplicate. */
export type Outgoing = { subject: string; payload: string; headers: Record<string, string> };

/** A message of one stream as it is sent, but for its place in a batch. Preparing takes half of the time of publishing. */
export type Prepared = { subject: string; payload: string; payloadBytes: number; head: string; headBytes: number };

const whitespace = /\s/;

/** Prepares a message for its stream; `head` are its headers as `headerText` writes them. Throws for a subject with a blank. */
export function prepare(message: { subject: string; payload: string; head: string }, stream: string): Prepared {
  const { subject, payload } = message;
  if (subject === '' || whitespace.test(subject)) throw new Error(`"${subject}" is no subject`);
  const head = `${message.head}Nats-Expected-Stream: ${stream}\r\n`;
  return { subject, payload, payloadBytes: Buffer.byteLength(payload), head, headBytes: Buffer.byteLength(head) };
}

/** The outcome of a publication. `firstSeq` and `lastSeq` are the stream sequences of the newly stored messages; 0 if there were none. */
export type PublishResult = { firstSeq: number; lastSeq: number; stored: number; duplicates: number };

/** The batch may or may not have been stored; the caller sends the same batch again. */
export class UnknownOutcome extends Error {
  override name = 'UnknownOutcome';
}

/** The server refused to store a message; `code` is its JetStream error code. */
export class PublishRefused extends Error {
  override name = 'PublishRefused';
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** Bytes of the headers that are not in `head`. */
const roomForFrame = 16;
/** The server's limit on the messages of one atomic batch. */
export const maxBatch = 1000;
const duplicateInBatch = 10201;
const incompleteBatch = 10176;
/**
 * Codes of a server without room, whose descriptions do not name the disk: insufficient resources, insufficient storage, maximum
 * bytes of the stream, and a batch that is incomplete because the server could not store all of it.
 */
const fullCodes = new Set([10023, 10047, 10077, incompleteBatch]);
const timeoutMs = 5_000;

/**
 * Publishes messages of one stream in order, as one atomic batch where the server supports it. The server refuses a batch that
 * holds a stored message as a whole; each message is then published by itself, and duplicates count as done.
 * @throws UnknownOutcome when it is not known whether all are stored, PublishRefused when the server refuses
 */
export const publishInOrder = (bus: Bus, stream: string, messages: readonly Outgoing[]): Promise<PublishResult> =>
  publishPrepared(
    bus,
    stream,
    messages.map(({ subject, payload, headers }) => prepare({ subject, payload, head: headerText(headers) }, stream)),
  );

/**
 * As `publishInOrder`, for messages that were prepared before, of which `beginBatch` may have sent all but the last (`begun`). If
 * the server does not hold those any more, because it or the connection broke since, all are sent.
 */
export async function publishPrepared(
  bus: Bus,
  stream: string,
  messages: readonly Prepared[],
  begun: BatchId | null = null,
): Promise<PublishResult> {
  if (!bus.isConnected()) throw new UnknownOutcome('not connected to NATS');
  if (bus.hasAtomicBatches && messages.length > 1) {
    try {
      return await publishBatch(bus, stream, messages, begun);
    } catch (error) {
      if (!(error instanceof PublishRefused)) throw error;
      if (begun !== null && error.code === incompleteBatch) return await publishPrepared(bus, stream, messages);
      if (error.code !== duplicateInBatch) throw error;
    }
  }
  return await publishOneByOne(bus, stream, messages);
}

export type BatchId = string;

/**
 * Sends all messages of a batch but the last, while the batch before it is being stored. The server keeps them aside and stores none
 * until the last one comes, so they cannot overtake; without it, they are forgotten after ten seconds.
 * @returns null where messages are published one by one
 */
export function beginBatch(bus: Bus, messages: readonly Prepared[]): BatchId | null {
  return bus.hasAtomicBatches && messages.length > 1 && bus.isConnected() ? sendAllButLast(bus, messages) : null;
}

function sendAllButLast(bus: Bus, messages: readonly Prepared[]): BatchId {
  const batch = nuid.next();
  send(bus, messages.slice(0, -1), (message, index) => headedFrame(message, { head: placeIn(batch, index) }));
  return batch;
}

/** @throws for a message that is larger than the server takes: it would end the connection */
function send(bus: Bus, messages: readonly Prepared[], frameOf: (message: Prepared, index: number) => Frame): void {
  const limit = bus.nc.info?.max_payload ?? Number.POSITIVE_INFINITY;
  for (const { subject, headBytes, payloadBytes } of messages) {
    if (headBytes + payloadBytes + roomForFrame > limit)
      throw new Error(`a message on ${subject} is too large for the nats-server`);
  }
  sendFrames(bus.nc, messages.map(frameOf));
}

const placeIn = (batch: BatchId, index: number): string =>
  `Nats-Batch-Id: ${batch}\r\nNats-Batch-Sequence: ${index + 1}\r\n`;

/**
 * Publishes one atomic batch. The client's batch publisher omits the message id and hides the server's error code, so this
 * function writes the headers of the protocol and reads the whole acknowledgement.
 */
async function publishBatch(
  bus: Bus,
  stream: string,
  messages: readonly Prepared[],
  begun: BatchId | null,
): Promise<PublishResult> {
  const batch = begun ?? sendAllButLast(bus, messages);
  const last = messages.at(-1) as Prepared;
  const headers = headersOfText(`${last.head}${placeIn(batch, messages.length - 1)}Nats-Batch-Commit: 1\r\n`);
  const reply = bus.nc.request(last.subject, last.payload, { headers, timeout: timeoutMs });
  await failpoint('publish.after-send');
  const ack = readAck(await acknowledgementOf(bus, reply), stream);
  if (ack.batch !== batch || ack.count !== messages.length) {
    throw new UnknownOutcome(`stream ${stream} acknowledged ${ack.count ?? 0} of a batch of ${messages.length}`);
  }
  return { firstSeq: ack.seq - messages.length + 1, lastSeq: ack.seq, stored: messages.length, duplicates: 0 };
}

/** How many messages may be unacknowledged at once when published one by one. */
const window = 256;

/**
 * Publishes one by one without waiting for each: one inbox takes all acknowledgements. The order holds because one connection
 * carries the messages in order: a broken connection always loses the last ones, and those are sent again.
 */
async function publishOneByOne(bus: Bus, stream: string, messages: readonly Prepared[]): Promise<PublishResult> {
  const result: PublishResult = { firstSeq: 0, lastSeq: 0, stored: 0, duplicates: 0 };
  for (let from = 0; from < messages.length; from += window) {
    const acks = await publishWindow(bus, stream, messages.slice(from, from + window));
    for (const ack of acks) {
      if (ack.duplicate === true) result.duplicates += 1;
      else {
        result.stored += 1;
        result.firstSeq = result.firstSeq === 0 ? ack.seq : Math.min(result.firstSeq, ack.seq);
        result.lastSeq = Math.max(result.lastSeq, ack.seq);
      }
    }
  }
  return result;
}

async function publishWindow(bus: Bus, stream: string, messages: readonly Prepared[]): Promise<Ack[]> {
  if (messages.length === 1) {
    const [only] = messages as [Prepared];
    const reply = bus.nc.request(only.subject, only.payload, {
      headers: headersOfText(only.head),
      timeout: timeoutMs,
    });
    return [readAck(await acknowledgementOf(bus, reply), stream)];
  }
  const inbox = bus.newInbox();
  const replies = new Map<number, Msg>();
  const all = Promise.withResolvers<void>();
  const subscription = bus.nc.subscribe(`${inbox}.*`, {
    callback(error, message) {
      if (error !== null)
        return all.reject(new UnknownOutcome('the subscription to the acknowledgements failed', { cause: error }));
      replies.set(Number(message.subject.slice(inbox.length + 1)), message);
      if (replies.size === messages.length) all.resolve();
    },
  });
  const timer = setTimeout(
    () => all.reject(new UnknownOutcome(`stream ${stream} did not acknowledge in time`)),
    timeoutMs,
  );
  try {
    send(bus, messages, (message, index) => headedFrame(message, { reply: `${inbox}.${index}` }));
    await bus.whileConnected(all.promise).catch((cause: unknown) => {
      throw new UnknownOutcome(`the messages of ${stream} were not all acknowledged`, { cause });
    });
    return messages.map((_, index) => readAck(replies.get(index) as Msg, stream));
  } finally {
    clearTimeout(timer);
    subscription.unsubscribe();
  }
}

async function acknowledgementOf(bus: Bus, reply: Promise<Msg>): Promise<Msg> {
  try {
    return await bus.whileConnected(reply);
  } catch (cause) {
    throw new UnknownOutcome('no acknowledgement from NATS', { cause });
  }
}

type Ack = { seq: number; duplicate?: boolean; batch?: string; count?: number };

/** Reads an acknowledgement; no responders, an error in the body or an empty body are errors. */
function readAck(reply: Msg, stream: string): Ack {
  if (reply.headers?.code === 503) throw new UnknownOutcome(`stream ${stream} takes no messages at the moment`);
  let body: { stream?: string; error?: { err_code?: number; description?: string } } & Partial<Ack>;
  try {
    body = reply.json();
  } catch (cause) {
    throw new UnknownOutcome('the acknowledgement of NATS is not JSON', { cause });
  }
  if (body.error !== undefined) {
    const code = body.error.err_code ?? 0;
    const reason = `${body.error.description ?? 'no reason given'} (${code})`;
    const full = fullCodes.has(code) ? '. The disk of NATS, or the space that the stream may use, is full' : '';
    throw new PublishRefused(code, `stream ${stream} refused to store: ${reason}${full}`);
  }
  if (body.stream !== stream || typeof body.seq !== 'number')
    throw new UnknownOutcome('the acknowledgement of NATS names no stream sequence');
  return body as Ack;
}
