import { type EventStreamName, type ServiceName, streams } from '@arcadia/contracts';
import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  DeliverPolicy,
  JetStreamApiError,
  type StoredMsg,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import type { Durable } from './durables.ts';
import type { Bus } from './nats.ts';

export type DurableOptions = Durable & {
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
export function assertApplied(subject: string, wanted: object, got: object): void {
  const ignored = differences(wanted, got);
  if (ignored.length > 0) {
    throw new Error(
      `the nats-server ignored ${ignored.join(', ')} of ${subject}; it is too old or its configuration forbids it`,
    );
  }
}

export function differences(wanted: object, got: object): string[] {
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

/** The first message from a sequence on that a consumer may get; null when the stream holds none. */
export async function nextFor(bus: Bus, info: ConsumerInfo, seq: number): Promise<StoredMsg | null> {
  const { filter_subject: one, filter_subjects: several } = info.config;
  const subjects = several ?? [one ?? '>'];
  const found = await Promise.all(
    subjects.map((subject) => {
      const query = { seq, next_by_subj: subject };
      return ignoringNotFound(() => bus.jsm.streams.getMessage(info.stream_name, query));
    }),
  );
  return found.reduce((first, each) => (each !== null && each.seq < (first?.seq ?? Infinity) ? each : first), null);
}

/** The streams that a service owns. */
export function streamsPublishedBy(service: ServiceName): EventStreamName[] {
  return Object.entries(streams)
    .filter(([, { owner }]) => owner === service)
    .map(([name]) => name as EventStreamName);
}
