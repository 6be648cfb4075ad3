import { setTimeout as delay } from 'node:timers/promises';
import { type EventContract, type ServiceName, subjectFilter } from '@arcadia/contracts';
import { type ConsumerConfig, DeliverPolicy, type JsMsg, type Consumer as Reader } from '@nats-io/jetstream';
import type { Bus } from '../bus/nats.ts';
import { openReader } from '../bus/replay-reader.ts';
import type { Replayed, ReplayOptions } from '../kernel/definition.ts';
import { joinParts } from './parts.ts';
import { contractOf, type Delivery, MessageFault, parseReceived, receive } from './received-event.ts';

const batch = 1_000;
const silenceMs = 2_000;
const attempts = 30;

/**
 * Reads the stored events of some contracts in stream order, up to the end of the stream when the reading began. It touches no
 * consumer of the service and keeps nothing in memory. It continues after the last message whenever the server falls silent:
 * the client's ordered consumer never continues after the server was killed.
 * @throws after 30 failures in a row without a message
 */
export async function* replay<Contract extends EventContract>(
  { bus, service }: { bus: Bus; service: ServiceName },
  contracts: readonly Contract[],
  { subjects = contracts.map(subjectFilter), signal }: ReplayOptions = {},
): AsyncGenerator<Replayed<Contract>> {
  const stream = contracts[0]?.stream;
  if (stream === undefined) throw new Error('a replay needs at least one contract');
  const byType = new Map<string, EventContract>(contracts.map((contract) => [contract.type, contract]));
  const parts = new Map<string, Delivery[]>();
  const end = (await bus.jsm.streams.info(stream)).state.last_seq;
  let next = 1;
  for (let failures = 0; next <= end; failures += 1) {
    signal?.throwIfAborted();
    try {
      for await (const messages of readFrom(bus, { service, stream, subjects, seq: next })) {
        signal?.throwIfAborted();
        failures = 0;
        const read = readAll<Contract>(
          messages.filter(({ seq }) => seq <= end),
          byType,
          parts,
        );
        yield { ...read, left: messages.at(-1)?.info.pending ?? 0 };
        next = (messages.at(-1)?.seq ?? next) + 1;
        if (next > end || messages.at(-1)?.info.pending === 0) return;
      }
      return;
    } catch (error) {
      if (signal?.aborted === true || failures >= attempts) throw error;
      await delay(Math.min(250 * (failures + 1), silenceMs));
    }
  }
}

class Silence extends Error {
  override name = 'Silence';
}

/** Batches from a sequence, or an instant (null: the beginning), on, through a temporary consumer; throws Silence when messages are left and none arrives. */
export async function* readFrom(
  bus: Bus,
  from: { service: ServiceName; stream: string; subjects: readonly string[]; headersOnly?: boolean } & (
    | { seq: number }
    | { since: Temporal.Instant | null }
  ),
): AsyncGenerator<JsMsg[]> {
  const info = await openReader(bus, from, {
    ...startOf(from),
    ...(from.headersOnly === true ? { headers_only: true } : {}),
  });
  const reader = bus.js.consumers.getConsumerFromInfo(info);
  try {
    for (let left = info.num_pending; left > 0; ) {
      const messages = await fetch(reader);
      const last = messages.at(-1);
      if (last === undefined) throw new Silence(`${left} messages of ${from.stream} are left and none arrives`);
      yield messages;
      left = last.info.pending;
    }
  } finally {
    await bus.jsm.consumers.delete(from.stream, info.name).catch(() => false);
  }
}

function startOf(from: { seq: number } | { since: Temporal.Instant | null }): Partial<ConsumerConfig> {
  if ('seq' in from) return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: from.seq };
  if (from.since === null) return { deliver_policy: DeliverPolicy.All };
  return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: from.since.toString() };
}

async function fetch(reader: Reader): Promise<JsMsg[]> {
  const messages: JsMsg[] = [];
  for await (const message of await reader.fetch({ max_messages: batch, expires: silenceMs })) {
    messages.push(message);
    if (message.info.pending === 0) break;
  }
  return messages;
}

/** Validates messages. Parts of a divided message are kept until all of them are there. */
function readAll<Contract extends EventContract>(
  messages: readonly JsMsg[],
  contracts: ReadonlyMap<string, EventContract>,
  parts: Map<string, Delivery[]>,
): Omit<Replayed<Contract>, 'left'> {
  const read: Omit<Replayed<Contract>, 'left'> = { events: [], unreadable: [] };
  for (const message of messages) {
    try {
      const event = wholeEvent(receive(message, contracts), contracts, parts);
      if (event !== null) (read.events as unknown[]).push(event);
    } catch (error) {
      if (!(error instanceof MessageFault)) throw error;
      read.unreadable.push({ stream: message.info.stream, seq: message.seq, detail: error.message });
    }
  }
  return read;
}

/** The event of a message; for a part null until the others, kept in `parts`, are there. Throws MessageFault. */
export function wholeEvent(
  received: Delivery,
  contracts: ReadonlyMap<string, EventContract>,
  parts: Map<string, Delivery[]>,
): unknown {
  if (received.content instanceof Error) throw received.content;
  if (received.content !== null || received.part === null) return received.content;
  const contract = contractOf(received, contracts);
  const index = received.part.index;
  const own = [...(parts.get(received.id) ?? []).filter(({ part }) => part?.index !== index), received];
  parts.set(received.id, own);
  if (own.length < received.part.of) return null;
  parts.delete(received.id);
  const inOrder = own.toSorted((a, b) => (a.part?.index ?? 0) - (b.part?.index ?? 0));
  return parseReceived(received, contract, joinParts(inOrder, contract));
}
