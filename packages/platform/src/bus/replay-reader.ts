import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { ServiceName } from '@arcadia/contracts';
import { AckPolicy, type ConsumerConfig, type ConsumerInfo, JetStreamApiError } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';
import { replayNames } from './durables.ts';
import type { Bus } from './nats.ts';

/** The name is taken by a consumer with another configuration. */
const consumerExists = 10148;
const lookAgainMs = 250;
const longestWaitMs = 60_000;

/**
 * Creates a temporary consumer that reads a stream from `start` on, under the first free of the names that the service may
 * use. One that is not deleted, because its process ended, vanishes after a minute.
 * @throws when no name became free within a minute
 */
export async function openReader(
  bus: Bus,
  from: { service: ServiceName; stream: string; subjects: readonly string[] },
  start: Partial<ConsumerConfig>,
): Promise<ConsumerInfo> {
  const [only] = from.subjects;
  // Of the stream that all services share, a service may read its own subjects alone, so the filter stands in the request's subject.
  const isShared = from.stream === 'JOBS';
  const config = {
    // Makes the configuration unlike that of any other reader, which the server would otherwise share.
    description: randomUUID(),
    ...start,
    ack_policy: AckPolicy.None,
    ...(isShared ? { filter_subject: only } : { filter_subjects: [...from.subjects] }),
    inactive_threshold: nanos(60_000),
    mem_storage: true,
    num_replicas: 1,
  };
  for (const deadline = Date.now() + longestWaitMs; ; await delay(lookAgainMs)) {
    for (const name of replayNames(from.service)) {
      const created = await create(bus, from.stream, { ...config, name }, isShared ? `.${only}` : '');
      if (created !== null) return created;
    }
    if (Date.now() > deadline)
      throw new Error(`every one of the ${replayNames(from.service).length} readers of ${from.stream} is in use`);
  }
}

/** The client's own request has no name in its subject when there are several filters, and rights are given by name. */
async function create(
  bus: Bus,
  stream: string,
  config: { name: string },
  filter: string,
): Promise<ConsumerInfo | null> {
  const subject = `$JS.API.CONSUMER.CREATE.${stream}.${config.name}${filter}`;
  const request = JSON.stringify({ stream_name: stream, config, action: 'create' });
  const reply = await bus.nc.request(subject, request, { timeout: 5_000 });
  const answer = reply.json<ConsumerInfo & { error?: ConstructorParameters<typeof JetStreamApiError>[0] }>();
  if (answer.error === undefined) return answer;
  if (answer.error.err_code === consumerExists) return null;
  throw new JetStreamApiError(answer.error);
}
