import { type EventStreamName, type ServiceName, type StreamName, streams } from '@arcadia/contracts';
import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  DeliverPolicy,
  JetStreamApiError,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import type { Bus } from './nats.ts';

const day = 24 * 60 * 60 * 1000;

export type StreamSettings = {
  /** How many days events are kept; the stream keeps them 31 days longer. */
  retentionDays: number;
  /** 1 for a single server, 3 in a cluster. */
  replicas: number;
  /** Whether a stream that keeps events longer may be cut to `retentionDays`; false by default. */
  mayShrink?: boolean;
};

function streamConfig(
  name: StreamName,
  settings: StreamSettings,
  atomic: boolean,
): Partial<StreamConfig> & { name: string } {
  const ages = { JOBS: 7 * day, DEAD: 90 * day };
  const age = name === 'JOBS' || name === 'DEAD' ? ages[name] : (settings.retentionDays + 31) * day;
  return {
    name,
    subjects: [...streams[name].subjects],
    retention: RetentionPolicy.Limits,
    storage: StorageType.File,
    num_replicas: settings.replicas,
    max_age: nanos(age),
    // A job's row in Postgres prevents doing it twice; for jobs the window only saves work. For events it covers a relay that
    // repeats a batch after an unknown outcome.
    duplicate_window: nanos(name === 'JOBS' ? 60 * 60 * 1000 : 2 * 60 * 1000),
    // Only dead letters are removed, once they are requeued or dismissed.
    deny_delete: name !== 'DEAD',
    allow_direct: true,
    ...(atomic ? { allow_atomic: true } : {}),
  };
}

/**
 * Creates or updates a stream and checks the result. Any number of services may do this at once. A service that does not own
 * the stream only creates a missing one. A stream's retention is extended, and shortened only with `mayShrink`: what a shorter
 * one deletes cannot be brought back.
 * @returns the days beyond `retentionDays` for which the stream keeps events; 0 when it was not longer before
 * @throws when the server ignores a setting
 */
export async function ensureStream(
  bus: Bus,
  name: StreamName,
  settings: StreamSettings,
  service: ServiceName,
): Promise<{ extraDays: number }> {
  const wanted = streamConfig(name, settings, bus.hasAtomicBatches);
  const found = await ignoringNotFound(() => bus.jsm.streams.info(name));
  if (found === null) {
    try {
      assertApplied(`stream ${name}`, wanted, (await bus.jsm.streams.add(wanted)).config);
      return { extraDays: 0 };
    } catch (error) {
      if (!(error instanceof JetStreamApiError) || !/already in use/.test(error.message)) throw error;
    }
  }
  const current = (found ?? (await bus.jsm.streams.info(name))).config;
  const { name: _name, retention: _retention, storage: _storage, ...changeable } = wanted;
  const extraMs = (current.max_age - (changeable.max_age ?? 0)) / 1e6;
  const keepsLonger = settings.mayShrink !== true && extraMs > 0;
  if (keepsLonger) changeable.max_age = current.max_age;
  const differing = differences(changeable, current);
  const owner = streams[name].owner;
  if (differing.length > 0 && (owner === null || owner === service)) {
    assertApplied(`stream ${name}`, changeable, (await bus.jsm.streams.update(name, changeable)).config);
  }
  return { extraDays: keepsLonger ? Math.ceil(extraMs / day) : 0 };
}

export type DurableOptions = {
  stream: StreamName;
  durable: string;
  subjects: readonly string[];
  ackWaitMs: number;
  maxAckPending: number;
  description?: string;
  /** The stream sequence at which a rebuilt consumer begins; absent, it begins with the first message. */
  startSeq?: number;
};

/**
 * Creates or updates a durable pull consumer and checks the result.
 * @throws when the server ignores a setting
 */
export async function ensureConsumer(bus: Bus, options: DurableOptions): Promise<ConsumerInfo> {
  const filter =
    options.subjects.length === 1
      ? { filter_subject: options.subjects[0] as string }
      : { filter_subjects: [...options.subjects] };
  const changeable: Partial<ConsumerConfig> = {
    ...filter,
    // No backoff array: it would override ack_wait. No max_deliver: the service parks failed messages itself, with their cause.
    ack_wait: nanos(options.ackWaitMs),
    max_deliver: -1,
    max_ack_pending: options.maxAckPending,
    ...(options.description === undefined ? {} : { description: options.description }),
  };
  const start =
    options.startSeq === undefined
      ? { deliver_policy: DeliverPolicy.All }
      : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: options.startSeq };
  const subject = `consumer ${options.durable} of ${options.stream}`;
  const found = await ignoringNotFound(() => bus.jsm.consumers.info(options.stream, options.durable));
  if (found === null) {
    const wanted = { ...changeable, ...start, durable_name: options.durable, ack_policy: AckPolicy.Explicit };
    const added = await bus.jsm.consumers.add(options.stream, wanted);
    assertApplied(subject, wanted, added.config);
    return added;
  }
  if (differences(changeable, found.config).length === 0) return found;
  // The client merges the change into the present config; one filter does not replace several (or the reverse) unless the other is unset.
  const whole = { filter_subject: undefined, filter_subjects: undefined, ...changeable } as Partial<ConsumerConfig>;
  await bus.jsm.consumers.update(options.stream, options.durable, whole);
  // Read with a request of its own: after a restart of the server, the reply to an update shows the former config.
  const updated = await bus.jsm.consumers.info(options.stream, options.durable);
  assertApplied(subject, changeable, updated.config);
  return updated;
}

/** Older servers silently ignore unknown settings, so the resulting config is compared with the wanted one. */
function assertApplied(subject: string, wanted: object, got: object): void {
  const ignored = differences(wanted, got);
  if (ignored.length > 0) {
    throw new Error(
      `the nats-server ignored ${ignored.join(', ')} of ${subject}; it is too old or its configuration forbids it`,
    );
  }
}

function differences(wanted: object, got: object): string[] {
  const held = got as Record<string, unknown>;
  return Object.entries(wanted).flatMap(([field, value]) => {
    const isSame =
      Array.isArray(value) && Array.isArray(held[field])
        ? JSON.stringify([...value].sort()) === JSON.stringify([...(held[field] as unknown[])].sort())
        : held[field] === value || (value === undefined && held[field] === undefined);
    return isSame ? [] : [field];
  });
}

/** The result of a request about a stream, a consumer or a message; null when there is none of that name. */
export async function ignoringNotFound<T>(request: () => Promise<T>): Promise<T | null> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof JetStreamApiError && [10059, 10014, 10037].includes(error.code)) return null;
    throw error;
  }
}

/** The streams that a service owns. */
export function streamsPublishedBy(service: ServiceName): EventStreamName[] {
  return Object.entries(streams)
    .filter(([, { owner }]) => owner === service)
    .map(([name]) => name as EventStreamName);
}
