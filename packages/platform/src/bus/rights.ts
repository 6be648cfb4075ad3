import { ownSubjects, publishableSubjects, type StreamName, sentRequests, streams } from '@arcadia/contracts';
import type { ServiceDefinition } from '../kernel/definition.ts';
import { chunkSubjects, requestSubject } from '../requests/request-wire.ts';
import { type Durable, durableOf, durableOfQueue, queuesOf, replayNames } from './durables.ts';
import { streamsPublishedBy } from './streams.ts';

/** What a user may do on the bus; nats-server refuses everything else. */
export type BusRights = {
  publish: readonly string[];
  subscribe: readonly string[];
  /** Whether it may answer the messages that it receives. */
  mayReply: boolean;
};

type Rightful = Pick<
  ServiceDefinition<unknown, unknown>,
  'name' | 'schema' | 'consumes' | 'answers' | 'jobs' | 'replays'
>;

/**
 * The rights of a service. They are chosen by what a request can cause and not by its name: a body that names subjects lets
 * nats-server publish, copy or capture with its own rights, so no service creates or changes streams (decision 0073).
 */
export function busRights(definition: Rightful): BusRights {
  const { name } = definition;
  const hasDatabase = definition.schema !== null;
  const isAnswering = definition.answers.length > 0 || hasDatabase;
  return {
    publish: [
      ...(hasDatabase ? publishableSubjects(name) : []),
      ...streamReading(definition),
      ...durablesOf(definition).flatMap(durableRights),
      ...[...replayedBy(definition)].flatMap((stream) =>
        replayNames(name).flatMap((reader) => replayRights(stream, reader, name)),
      ),
      ...sentRequests[name].map((request) => requestSubject(request.service, request.name)),
      ...filesFrom(name).map(chunkSubjects),
      // People read, requeue and dismiss dead letters through the API.
      ...(name === 'gateway' ? ['GET', 'DELETE'].map((verb) => `$JS.API.STREAM.MSG.${verb}.DEAD`) : []),
    ],
    subscribe: [`_INBOX.${name}.>`, ...(isAnswering ? answering(name) : [])],
    mayReply: isAnswering,
  };
}

/** Its requests, and the questions of the services framework. `$SRV.*` would also allow to subscribe to `$SRV.>`. */
const answering = (name: string): string[] => [
  `ask.${name}.>`,
  ...['PING', 'INFO', 'STATS'].flatMap((verb) => [`$SRV.${verb}`, `$SRV.${verb}.${name}`, `$SRV.${verb}.${name}.>`]),
];

/** The services whose files a service fetches: the gateway those of all for its callers, notifications invoices to attach them. */
const filesFrom = (name: keyof typeof sentRequests): readonly string[] => {
  if (name === 'notifications') return ['invoicing'];
  return name === 'gateway' ? [...new Set(sentRequests[name].map(({ service }) => service))] : [];
};

/** A service knows the state of the streams it works with, and reads single messages of those that hold no other service's secrets. */
function streamReading(definition: Rightful): string[] {
  const events = new Set<StreamName>([
    ...(definition.schema === null ? [] : streamsPublishedBy(definition.name)),
    ...definition.consumes.flatMap(({ consumes }) => consumes.map(({ stream }) => stream)),
    ...(definition.replays ?? []),
  ]);
  return [
    ...[...events, ...(definition.schema === null ? [] : ['AUDIT', 'JOBS', 'DEAD'])].map(
      (stream) => `$JS.API.STREAM.INFO.${stream}`,
    ),
    ...Array.from(events, (stream) => `$JS.API.STREAM.MSG.GET.${stream}`),
  ];
}

/** The durable consumers of a service. */
export function durablesOf({ name, consumes, jobs }: Rightful): Durable[] {
  return [
    ...consumes.map((consumer) => durableOf(name, consumer)),
    ...Array.from(queuesOf(jobs), ([queue, own]) => durableOfQueue(name, queue, own)),
  ];
}

/** The filter stands in the subject where there is one only; the server then refuses a request whose body has another. */
function durableRights({ stream, durable, subjects }: Durable): string[] {
  const [only, ...others] = subjects;
  const create =
    others.length === 0
      ? [`$JS.API.CONSUMER.CREATE.${stream}.${durable}.${only}`]
      : [`$JS.API.CONSUMER.CREATE.${stream}.${durable}`, `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.${durable}`];
  return [
    ...create,
    `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
    `$JS.API.CONSUMER.DELETE.${stream}.${durable}`,
    ...reading(stream, durable),
  ];
}

/** A service replays what its definition lists; after its database was set back, also its own streams and jobs. */
const replayedBy = (definition: Rightful): Set<string> =>
  new Set([
    ...(definition.replays ?? []),
    ...(definition.schema === null ? [] : [...ownSubjects(definition.name).map(({ stream }) => stream), 'JOBS']),
  ]);

const replayRights = (stream: string, reader: string, service: string): string[] => [
  `$JS.API.CONSUMER.CREATE.${stream}.${reader}${stream === 'JOBS' ? `.job.${service}.>` : ''}`,
  `$JS.API.CONSUMER.DELETE.${stream}.${reader}`,
  // The client asks for it by itself when a connection has gone silent.
  `$JS.API.CONSUMER.INFO.${stream}.${reader}`,
  ...reading(stream, reader),
];

const reading = (stream: string, consumer: string): string[] => [
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`,
  `$JS.ACK.${stream}.${consumer}.>`,
];

/** The rights of the installer, which creates and changes streams for all services and can do nothing else. */
export const installerRights: BusRights = {
  publish: Object.keys(streams).flatMap((stream) =>
    ['CREATE', 'UPDATE', 'INFO'].map((verb) => `$JS.API.STREAM.${verb}.${stream}`),
  ),
  subscribe: ['_INBOX.installer.>'],
  mayReply: false,
};

/** The rights of an operator, at the command line and in the `nats` tool: all. */
export const operatorRights: BusRights = { publish: ['>'], subscribe: ['>'], mayReply: false };
