import { type EventStreamName, ownSubjects, type ServiceName } from '@arcadia/contracts';
import type { StoredMsg } from '@nats-io/jetstream';
import { type Kysely, sql } from 'kysely';
import { durableName } from '../bus/durables.ts';
import type { Bus } from '../bus/nats.ts';
import { ignoringNotFound, nextFor } from '../bus/streams.ts';
import { positionOf, withPositionsLock } from '../consumers/position.ts';

/**
 * The signs that the database was set back to an earlier state, such as a backup, or that a failover lost its last seconds.
 * Empty when the database is as new as the streams.
 */
export type SetBack = {
  /** Streams of this service whose last message is not in its log. */
  streams: EventStreamName[];
  /** Consumers that have acknowledged messages which the database has not handled. */
  consumers: string[];
  /** For each of these consumers the sequence up to which it had acknowledged every message. */
  acknowledged: Record<string, number>;
};

type Place<DB> = { db: Kysely<DB>; bus: Bus; name: ServiceName };
type Own = { stream: EventStreamName; subjects: readonly string[] };
type ConsumerPlace = { name: string; consumes: readonly { stream: string }[] };

export async function findSetBack<DB>(place: Place<DB>, consumers: readonly ConsumerPlace[]): Promise<SetBack> {
  const behind: EventStreamName[] = [];
  for (const own of ownSubjects(place.name)) if (await lacksLast(place, own)) behind.push(own.stream);
  const acknowledged: Record<string, number> = {};
  for (const consumer of consumers) {
    // Another replica may just have the consumer begin again, because its stream was rolled back; then this is no sign a moment later.
    const look = (db: Kysely<DB>) => acknowledgedAhead({ ...place, db }, consumer);
    const seq = (await look(place.db)) === null ? null : await withPositionsLock(place.db, look);
    if (seq !== null) acknowledged[consumer.name] = seq;
  }
  return { streams: behind, consumers: Object.keys(acknowledged), acknowledged };
}

export const isSetBack = (found: SetBack): boolean => found.streams.length + found.consumers.length > 0;

/** The signs as a sentence for the log and for health. */
export function describeSetBack(found: SetBack): string {
  const signs = [
    ...found.streams.map((stream) => `its log lacks the last message of ${stream}`),
    ...found.consumers.map(
      (name) => `the consumer ${name} has acknowledged messages that the database has not handled`,
    ),
  ];
  return `the database is behind the streams, as after restoring a backup or a failover: ${signs.join('; ')}`;
}

/** Every message of an own stream was in the log before it was published, so the last one must be. */
async function lacksLast<DB>({ db, bus }: Place<DB>, { stream, subjects }: Own): Promise<boolean> {
  const info = await ignoringNotFound(() => bus.jsm.streams.info(stream));
  if (info === null || info.state.messages === 0) return false;
  const last = await lastOwn(bus, { stream, subjects }, info.state.last_seq);
  const id = last?.header.get('ce-id') ?? '';
  if (id === '') return false;
  const found = await sql`SELECT 1 FROM events WHERE id = ${id}::uuid LIMIT 1`.execute(db);
  return found.rows.length === 0;
}

/** The last message on a subject of the stream. nats-server also stores one that was pulled from another stream, on its own subject. */
async function lastOwn(bus: Bus, { stream, subjects }: Own, lastSeq: number): Promise<StoredMsg | null> {
  const get = (query: { seq: number } | { last_by_subj: string }) =>
    ignoringNotFound(() => bus.jsm.streams.getMessage(stream, query));
  const last = await get({ seq: lastSeq });
  if (last !== null && subjects.some((subject) => last.subject.startsWith(subject.slice(0, -1)))) return last;
  const found = await Promise.all(subjects.map((subject) => get({ last_by_subj: subject })));
  return found.reduce((newest, each) => ((each?.seq ?? 0) > (newest?.seq ?? 0) ? each : newest), null);
}

/**
 * A message is acknowledged after the commit that records the position, so no consumer may be further than its record. Returns how far
 * one that is further has acknowledged, and null for any other.
 */
async function acknowledgedAhead<DB>({ db, bus, name }: Place<DB>, consumer: ConsumerPlace): Promise<number | null> {
  const stream = consumer.consumes[0]?.stream ?? '';
  const durable = durableName(name, consumer.name);
  // In this order: what was acknowledged when the consumer is read is recorded when the database is read.
  const info = await ignoringNotFound(() => bus.jsm.consumers.info(stream, durable));
  if (info === null || info.ack_floor.consumer_seq === 0) return null;
  const furthest = await positionOf(db, consumer.name, stream);
  const floor = info.ack_floor.stream_seq;
  if (floor <= (furthest?.seq ?? 0)) return null;
  // The server moves the floor past messages on other subjects too, so one of its own must lie between.
  const next = await nextFor(bus, info, (furthest?.seq ?? 0) + 1);
  return next !== null && next.seq <= floor ? floor : null;
}
