import { type ServiceName, type StreamName, subjectFilter } from '@arcadia/contracts';
import type { Consumer, Job } from '../kernel/definition.ts';
import { jobStream, jobSubject } from './job-message.ts';

/** The name of a durable consumer on the server and the messages it takes. The service has rights on exactly these. */
export type Durable = { stream: StreamName; durable: string; subjects: readonly string[] };

export const durableName = (service: string, name: string): string => `${service}_${name}`;

/**
 * The durable consumer of a service's consumer.
 * @throws when it consumes no contract
 */
export function durableOf<DB, Config>(service: ServiceName, consumer: Consumer<DB, Config>): Durable {
  const stream = consumer.consumes[0]?.stream;
  if (stream === undefined) throw new Error(`consumer ${consumer.name} consumes no contract`);
  return {
    stream,
    durable: durableName(service, consumer.name),
    subjects: consumer.subjects ?? consumer.consumes.map(subjectFilter),
  };
}

/**
 * The durable consumer of a queue of jobs. Its filter is one subject, because nats-server holds only a single filter against
 * the rights of a service: a queue of several jobs takes the messages of all jobs of the service, and skips those of other queues.
 */
export function durableOfQueue<DB, Config>(
  service: ServiceName,
  queue: string,
  jobs: readonly Job<DB, Config>[],
): Durable {
  const [first, ...others] = jobs;
  const subject = first === undefined || others.length > 0 ? `job.${service}.>` : jobSubject(service, first.name);
  return { stream: jobStream, durable: `${service}_jobs_${queue}`, subjects: [subject] };
}

/** The jobs of a service by the queue they share; by default a job has its own. */
export const queuesOf = <DB, Config>(jobs: readonly Job<DB, Config>[]): Map<string, Job<DB, Config>[]> =>
  Map.groupBy(jobs, (job) => job.queue ?? job.name);

/** How many replays of one stream may run at once, over all replicas of a service. */
const replaysAtOnce = 8;

/** The names that the temporary consumers of a service's replays take in turn. A right cannot be given for part of a name. */
export const replayNames = (service: ServiceName): string[] =>
  Array.from({ length: replaysAtOnce }, (_, index) => `${service}_replay_${index + 1}`);
