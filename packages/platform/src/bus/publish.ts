import { createInbox, type Msg, type MsgHdrs, MsgHdrsImpl, nuid } from '@nats-io/nats-core';
import { failpoint } from '../kernel/failpoints.ts';
import type { Bus } from './nats.ts';

/** A message ready to be published. Its headers hold `Nats-Msg-Id`, which is how the server knows a repetition. */
export type Outgoing = { subject: string; payload: string; headers: Record<string, string> };

/** `firstSeq` and `lastSeq` are those of the newly stored messages; 0 if there were none. */
export type PublishResult = { firstSeq: number; lastSeq: number; stored: number; duplicates: number };

/** The batch may or may not have been stored: send the very same one again. */
export class UnknownOutcome extends Error {
  override name = 'UnknownOutcome';
}

/** The server said no. */
export class PublishRefused extends Error {
  override name = 'PublishRefused';
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The server takes at most this many messages in one atomic batch. */
export const maxBatch = 1000;
const duplicateInBatch = 10201;
const timeoutMs = 5_000;

/**
 * Publish messages of one stream in order, all stored or an error. As one atomic batch where the server can; a batch that
 * holds something already stored is refused whole, and then each message is published by itself, a duplicate counting as done.
 */
export async function publishInOrder(bus: Bus, stream: string, messages: readonly Outgoing[]): Promise<PublishResult> {
  if (!bus.isConnected()) throw new UnknownOutcome('not connected to NATS');
  if (bus.hasAtomicBatches && messages.length > 1) {
    try {
      return await publishBatch(bus, stream, messages);
    } catch (error) {
      if (!(error instanceof PublishRefused) || error.code !== duplicateInBatch) throw error;
    }
  }
  return await publishOneByOne(bus, stream, messages);
}

/**
 * One atomic batch. The client's own batch publisher leaves out the message id and hides the server's error code, so the
 * headers of the protocol are written here and the acknowledgement is read in full.
 */
async function publishBatch(bus: Bus, stream: string, messages: readonly Outgoing[]): Promise<PublishResult> {
  const batch = nuid.next();
  const last = messages.length - 1;
  let reply: Promise<Msg> | undefined;
  for (const [index, message] of messages.entries()) {
    const place = { 'Nats-Batch-Id': batch, 'Nats-Batch-Sequence': String(index + 1) };
    if (index < last) {
      bus.nc.publish(message.subject, message.payload, { headers: headersOf(message, stream, place) });
    } else {
      const head = headersOf(message, stream, { ...place, 'Nats-Batch-Commit': '1' });
      reply = bus.nc.request(message.subject, message.payload, { headers: head, timeout: timeoutMs });
    }
  }
  await failpoint('publish.after-send');
  const ack = readAck(await answered(bus, reply as Promise<Msg>), stream);
  if (ack.batch !== batch || ack.count !== messages.length) {
    throw new UnknownOutcome(`stream ${stream} acknowledged ${ack.count ?? 0} of a batch of ${messages.length}`);
  }
  return { firstSeq: ack.seq - messages.length + 1, lastSeq: ack.seq, stored: messages.length, duplicates: 0 };
}

/** How many messages may be unacknowledged at once when published one by one. */
const window = 256;

/**
 * One by one, but not waiting for each: one inbox takes all the acknowledgements. Order holds because one connection carries
 * them in order: what a broken connection loses is always a tail, and the tail is sent again.
 */
async function publishOneByOne(bus: Bus, stream: string, messages: readonly Outgoing[]): Promise<PublishResult> {
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

async function publishWindow(bus: Bus, stream: string, messages: readonly Outgoing[]): Promise<Ack[]> {
  if (messages.length === 1) {
    const [only] = messages as [Outgoing];
    const reply = bus.nc.request(only.subject, only.payload, { headers: headersOf(only, stream), timeout: timeoutMs });
    return [readAck(await answered(bus, reply), stream)];
  }
  const inbox = createInbox();
  const replies = new Map<number, Msg>();
  const all = Promise.withResolvers<void>();
  const subscription = bus.nc.subscribe(`${inbox}.*`, {
    callback(error, message) {
      if (error !== null) return all.reject(new UnknownOutcome('the acknowledgements were cut off', { cause: error }));
      replies.set(Number(message.subject.slice(inbox.length + 1)), message);
      if (replies.size === messages.length) all.resolve();
    },
  });
  const timer = setTimeout(
    () => all.reject(new UnknownOutcome(`stream ${stream} did not acknowledge in time`)),
    timeoutMs,
  );
  try {
    for (const [index, message] of messages.entries()) {
      bus.nc.publish(message.subject, message.payload, {
        headers: headersOf(message, stream),
        reply: `${inbox}.${index}`,
      });
    }
    await bus.whileConnected(all.promise).catch((cause: unknown) => {
      throw new UnknownOutcome(`the messages of ${stream} were not all acknowledged`, { cause });
    });
    return messages.map((_, index) => readAck(replies.get(index) as Msg, stream));
  } finally {
    clearTimeout(timer);
    subscription.unsubscribe();
  }
}

const lineBreak = /[\r\n]/;

/** From a record at once: setting header by header, with its search for each, took a third of the relay's time. */
function headersOf(message: Outgoing, stream: string, more: Record<string, string> = {}): MsgHdrs {
  const record: Record<string, string[]> = {};
  for (const [name, value] of Object.entries({ ...message.headers, 'Nats-Expected-Stream': stream, ...more })) {
    if (lineBreak.test(value)) throw new Error(`the header ${name} may not hold a line break`);
    record[name] = [value];
  }
  return MsgHdrsImpl.fromRecord(record);
}

async function answered(bus: Bus, reply: Promise<Msg>): Promise<Msg> {
  try {
    return await bus.whileConnected(reply);
  } catch (cause) {
    throw new UnknownOutcome('no acknowledgement from NATS', { cause });
  }
}

type Ack = { seq: number; duplicate?: boolean; batch?: string; count?: number };

/** Anything but a clear yes is not a yes: no responders, an error in the body, an empty body. */
function readAck(reply: Msg, stream: string): Ack {
  if (reply.headers?.code === 503) throw new UnknownOutcome(`no stream takes ${stream}'s messages at the moment`);
  let body: { stream?: string; error?: { err_code?: number; description?: string } } & Partial<Ack>;
  try {
    body = reply.json();
  } catch (cause) {
    throw new UnknownOutcome('an acknowledgement that cannot be read', { cause });
  }
  if (body.error !== undefined) {
    throw new PublishRefused(
      body.error.err_code ?? 0,
      `stream ${stream} refused to store: ${body.error.description ?? 'no reason given'} (${body.error.err_code ?? 0})`,
    );
  }
  if (body.stream !== stream || typeof body.seq !== 'number')
    throw new UnknownOutcome('an acknowledgement without a place');
  return body as Ack;
}
