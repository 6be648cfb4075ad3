import type { ServiceName } from '@arcadia/contracts';
import type { JsMsg } from '@nats-io/jetstream';
import { continuesHeader, logHeader, readLogPlace } from '../bus/message.ts';
import type { Bus } from '../bus/nats.ts';
import { readFrom } from '../consumers/replay.ts';
import { capturedType } from './capture-rows.ts';

/** The place of a stored message in the log that it came from, by its headers. */
export type Head = {
  seq: number;
  /** Its number in that log; null for a message that was published before the header existed. */
  number: string | null;
  transaction: string | null;
  type: string;
  /** A part of an event and how many parts it has; null for a whole event. */
  part: { id: string; of: number } | null;
  /** The transaction goes on after this message. */
  continues: boolean;
};

export type LogOrder = {
  /** The messages of a stream in the order of the log, by their sequence. */
  sequences: number[];
  /** Sequences of captured rows of transactions of which the stream holds only a beginning, and no whole event. */
  withdrawn: ReadonlySet<number>;
  /** The sequence of the last message of each transaction of which the stream holds only a beginning, with a whole event. */
  incomplete: ReadonlySet<number>;
  /** The highest number; null if no message has one. */
  highest: string | null;
};

type Ranked = Head & { at: bigint; group: string };

/**
 * Puts the messages of a stream into the order of the log. A stream may hold them in another one: a transaction may take its numbers
 * early and commit late, and messages that a stream had lost are published again after newer ones. All of a transaction stand where
 * its last message stands, which keeps the order of each row: another transaction can change a row only after the commit of the
 * one before, and has taken none of its numbers for that row until then.
 */
export function orderOf(heads: readonly Head[]): LogOrder {
  let last = 0n;
  const ranked = heads.map((head): Ranked => {
    const at = head.number === null ? last : BigInt(head.number);
    if (at > last) last = at;
    return { ...head, at, group: head.transaction ?? `alone ${head.seq}` };
  });
  const groups = Map.groupBy(ranked, ({ group }) => group);
  const ends = new Map(
    [...groups].map(([group, own]) => [group, own.reduce((end, { at }) => (at > end ? at : end), 0n)]),
  );
  const endOf = ({ group }: Ranked): bigint => ends.get(group) ?? 0n;
  const inOrder = ranked.toSorted(
    (a, b) => compare(endOf(a), endOf(b)) || compare(a.group, b.group) || compare(a.at, b.at) || a.seq - b.seq,
  );
  const withdrawn = new Set<number>();
  const incomplete = new Set<number>();
  for (const own of groups.values()) {
    const end = own.find((head) => head.continues && head.at === endOf(head));
    if (end === undefined) continue;
    if (hasWholeEvent(own)) incomplete.add(end.seq);
    else for (const { seq, type } of own) if (type === capturedType) withdrawn.add(seq);
  }
  return {
    sequences: inOrder.map(({ seq }) => seq),
    withdrawn,
    incomplete,
    highest: ranked.some(({ number }) => number !== null) ? String(last) : null,
  };
}

const compare = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

function hasWholeEvent(heads: readonly Head[]): boolean {
  const events = heads.filter(({ type }) => type !== capturedType);
  if (events.some(({ part }) => part === null)) return true;
  const byId = Map.groupBy(events, ({ part }) => part?.id ?? '');
  return [...byId.values()].some((parts) => parts.length === parts[0]?.part?.of);
}

type Source = { service: ServiceName; stream: string; subjects: readonly string[]; since: Temporal.Instant | null };

/** Reads the headers of a stream's messages for their order. */
export async function readLogOrder(bus: Bus, source: Source): Promise<LogOrder> {
  const heads: Head[] = [];
  for await (const messages of readFrom(bus, { ...source, headersOnly: true })) heads.push(...messages.map(headOf));
  return orderOf(heads);
}

function headOf(message: JsMsg): Head {
  const header = (name: string): string | undefined => message.headers?.get(name) || undefined;
  const place = readLogPlace(header(logHeader));
  const of = Number(header('arcadia-part')?.split('/')[1]);
  return {
    seq: message.seq,
    number: place?.number ?? null,
    transaction: place?.transaction ?? null,
    type: header('ce-type') ?? '',
    part: Number.isInteger(of) ? { id: header('ce-id') ?? '', of } : null,
    continues: header(continuesHeader) !== undefined,
  };
}

/**
 * Reads the messages of a stream in an order. Those that the stream holds before their turn wait in memory. Messages that are not in
 * the order, because they came since, follow at the end.
 */
export async function* readInOrder(bus: Bus, source: Source, { sequences }: LogOrder): AsyncGenerator<JsMsg[]> {
  const expected = new Set(sequences);
  const waiting = new Map<number, JsMsg>();
  const since: JsMsg[] = [];
  let next = 0;
  for await (const messages of readFrom(bus, source)) {
    for (const message of messages) {
      if (expected.has(message.seq)) waiting.set(message.seq, message);
      else since.push(message);
    }
    const ready: JsMsg[] = [];
    for (let seq = sequences[next]; seq !== undefined; seq = sequences[next]) {
      const message = waiting.get(seq);
      if (message === undefined) break;
      waiting.delete(seq);
      ready.push(message);
      next += 1;
    }
    if (ready.length > 0) yield ready;
  }
  // A message that vanished between the two readings leaves a gap, and those behind it are read nevertheless.
  const rest = sequences.slice(next).flatMap((seq) => waiting.get(seq) ?? []);
  if (rest.length + since.length > 0) yield [...rest, ...since];
}
