import { definitions } from '@arcadia/app';
import { requests, type ServiceName, sentRequests, services, streamOwners, streams } from '@arcadia/contracts';
import { durablesOf } from '@arcadia/platform';

const names = Object.keys(services) as ServiceName[];
const streamNames = Object.keys(streams);

const durables = definitions.flatMap((definition) =>
  durablesOf(definition).map(({ stream, durable }) => ({ service: definition.name, stream, durable })),
);

/** Every durable consumer of every service. */
export const allDurables = durables;

/** The requests of JetStream's API about one stream; each can destroy, copy, capture or forge. */
const streamVerbs = [
  ...['CREATE', 'UPDATE', 'DELETE', 'PURGE', 'MSG.DELETE', 'SNAPSHOT', 'RESTORE', 'LEADER.STEPDOWN', 'PEER.REMOVE'].map(
    (verb) => `STREAM.${verb}`,
  ),
  ...['CONSUMER.CREATE', 'CONSUMER.LIST', 'CONSUMER.NAMES', 'DIRECT.GET'],
];
const accountRequests = [
  ...['INFO', 'STREAM.LIST', 'STREAM.NAMES', 'STREAM.TEMPLATE.NAMES', 'META.LEADER.STEPDOWN', 'SERVER.REMOVE'],
  ...['ACCOUNT.PURGE.$G', 'ACCOUNT.STREAM.MOVE.$G.METERING', 'DIRECT.GET.METERING.usage.accrued.x'],
];
const consumerVerbs = [
  ...['CREATE', 'DURABLE.CREATE', 'DELETE', 'INFO', 'PAUSE', 'RESET', 'UNPIN', 'MSG.NEXT', 'LEADER.STEPDOWN'],
];

/** The streams whose messages a service may read: its own, and those it consumes or replays. */
const readableBy = (service: ServiceName): Set<string> => {
  const definition = definitions.find(({ name }) => name === service);
  const owned = Object.entries(streamOwners).filter(([, owner]) => owner === service);
  const consumed = definition?.consumes.flatMap(({ consumes }) => consumes.map(({ stream }) => stream)) ?? [];
  return new Set([...owned.map(([stream]) => stream), ...consumed, ...(definition?.replays ?? [])]);
};

/** The subjects of events, jobs and dead letters that are another service's. */
const foreignSubjects = (service: ServiceName): string[] => [
  ...Object.values(streams)
    .filter(({ owner }) => owner !== null && owner !== service)
    .flatMap(({ subjects }) => subjects),
  ...names.filter((name) => name !== service).flatMap((name) => [`job.${name}.>`, `dead.${name}.>`]),
];

/** Subjects on which this service must not be able to publish, by what it would reach with it. */
export function forbiddenToPublish(service: ServiceName): string[] {
  const others = [...names.filter((name) => name !== service), 'operator', 'installer', 'player'];
  const mayAsk = new Set(sentRequests[service]);
  // People operate the services through the gateway: it passes their requests on, and reads and removes dead letters.
  const needed = new Set([
    ...sentRequests[service].map((request) => `ask.${request.service}.${request.name}`),
    ...(service === 'gateway' ? ['GET', 'DELETE'].map((verb) => `$JS.API.STREAM.MSG.${verb}.DEAD`) : []),
  ]);
  const readable = readableBy(service);
  return [
    ...foreignSubjects(service).map((subject) => subject.replace('>', '2026-04.acme.x')),
    ...requests.filter((request) => !mayAsk.has(request)).map((request) => `ask.${request.service}.${request.name}`),
    ...names.flatMap((name) => [`ask.${name}.jobs.requeue`, `ask.${name}.jobs.runs`, `ask.${name}.anything`]),
    // The gateway fetches files for its callers, notifications the invoices that it attaches.
    ...(service === 'gateway'
      ? []
      : others
          .filter((name) => !(service === 'notifications' && name === 'invoicing'))
          .map((name) => `ask.${name}.chunks.x`)),
    ...others
      .filter((name) => service !== 'gateway' || name !== 'operator') // it answers the operator
      .flatMap((name) => [`_INBOX.${name}.x`, `_INBOX.${name}.x.y`]),
    ...[
      '_INBOX.x',
      '_INBOX.x.y',
      '$SRV.PING',
      `$SRV.INFO.${others[0]}`,
      '$KV.any.key',
      '$O.any.C.x',
      '$JS.FC.x',
      'evil',
    ],
    ...['$SYS.REQ.SERVER.PING', '$SYS.REQ.ACCOUNT.$G.CONNZ', '$SYS.REQ.USER.INFO', '$JSC.CI.x', '$JS.EVENT.ADVISORY.x'],
    ...accountRequests.map((request) => `$JS.API.${request}`),
    ...[...streamNames, 'EVIL'].flatMap((stream) => streamVerbs.map((verb) => `$JS.API.${verb}.${stream}`)),
    ...streamNames.filter((stream) => !readable.has(stream)).map((stream) => `$JS.API.STREAM.MSG.GET.${stream}`),
    ...streamNames
      .filter(
        (stream) =>
          !readable.has(stream) && (services[service].schema === null || streams[stream as never]['owner'] !== null),
      )
      .map((stream) => `$JS.API.STREAM.INFO.${stream}`),
    ...streamNames.flatMap((stream) => consumerVerbs.map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.evil`)),
    ...durables
      .filter((each) => each.service !== service)
      .flatMap(({ stream, durable }) => [
        ...consumerVerbs.map((verb) => `$JS.API.CONSUMER.${verb}.${stream}.${durable}`),
        `$JS.API.CONSUMER.CREATE.${stream}.${durable}.${streams[stream].subjects[0]?.replace('>', 'x')}`,
        `$JS.ACK.${stream}.${durable}.1.1.1.1.0`,
      ]),
    ...durables
      .filter((each) => each.service === service)
      .flatMap(({ stream, durable }) => [
        `$JS.API.CONSUMER.PAUSE.${stream}.${durable}`,
        // A job queue's filter stands in the subject: without it, or with another one, it would read the jobs of other services.
        ...(stream === 'JOBS'
          ? [`$JS.API.CONSUMER.CREATE.${stream}.${durable}`, `$JS.API.CONSUMER.CREATE.${stream}.${durable}.job.>`]
          : []),
      ]),
  ].filter((subject, index, all) => all.indexOf(subject) === index && !needed.has(subject));
}

/** Subjects to which this service must not be able to subscribe, plainly or in a queue group. */
export function forbiddenToSubscribe(service: ServiceName): string[] {
  const others = [...names.filter((name) => name !== service), 'operator', 'installer'];
  return [
    ...['>', '*', '*.>', '_INBOX.>', '_INBOX.*', '_INBOX.*.*', '_INBOX.*.>', 'ask.>', 'ask.*.>', 'job.>', 'dead.>'],
    ...['$JS.>', '$JS.API.>', '$JS.ACK.>', '$SYS.>', '$SRV.>', '$KV.>', 'usage.>', 'invoice.>'],
    ...others.flatMap((name) => [`_INBOX.${name}.>`, `ask.${name}.>`, `ask.${name}.chunks.>`, `job.${name}.>`]),
    ...requests
      .filter((request) => request.service !== service)
      .map((request) => `ask.${request.service}.${request.name}`),
    ...Object.values(streams).flatMap(({ subjects }) => subjects),
    `job.${service}.>`,
  ].filter((subject, index, all) => all.indexOf(subject) === index);
}
