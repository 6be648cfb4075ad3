import { events as billingEvents } from './billing-ingest/events.ts';
import { type EventContract, subjectFilter } from './define.ts';
import { events as driftEvents } from './drift/events.ts';
import { commandAudited, events as gatewayEvents } from './gateway/events.ts';
import { events as inventoryEvents } from './inventory-sync/events.ts';
import { events as invoicingEvents } from './invoicing/events.ts';
import { events as meteringEvents } from './metering/events.ts';
import { events as notificationEvents } from './notifications/events.ts';
import { events as provisioningEvents } from './provisioning/events.ts';
import { type EventStreamName, type ServiceName, streamOwners } from './services.ts';

/** The name of a stream: one of events, or one of the two for jobs and dead letters. */
export type StreamName = EventStreamName | 'JOBS' | 'DEAD';

/** A JetStream stream: the service that publishes to it (null: every service) and the subjects it keeps. */
export type Stream = { readonly owner: ServiceName | null; readonly subjects: readonly string[] };

const events: readonly EventContract[] = [
  ...inventoryEvents,
  ...meteringEvents,
  ...invoicingEvents,
  ...billingEvents,
  ...provisioningEvents,
  ...driftEvents,
  ...notificationEvents,
  ...gatewayEvents,
];

/** The subjects on which the platform publishes changed rows of a service's captured tables, so that a lost database can be restored. */
const capturedRows = (service: ServiceName): string => `row.${service}.>`;

const eventStream = (name: EventStreamName): Stream => ({
  owner: streamOwners[name],
  subjects: [...events.filter(({ stream }) => stream === name).map(subjectFilter), capturedRows(streamOwners[name])],
});

/**
 * Every stream with its subjects, which follow from the event definitions. Events of one service share a stream, so that a
 * consumer gets them in the order of publishing: `period.closed` comes after the `usage.accrued` that it closes.
 */
export const streams: Readonly<Record<StreamName, Stream>> = {
  INVENTORY: eventStream('INVENTORY'),
  METERING: eventStream('METERING'),
  INVOICING: eventStream('INVOICING'),
  BILLING: eventStream('BILLING'),
  PROVISIONING: eventStream('PROVISIONING'),
  DRIFT: eventStream('DRIFT'),
  NOTIFICATIONS: eventStream('NOTIFICATIONS'),
  AUDIT: { ...eventStream('AUDIT'), owner: null },
  JOBS: { owner: null, subjects: ['job.>'] },
  DEAD: { owner: null, subjects: ['dead.>'] },
};

/**
 * The streams to which only this service publishes some subjects, with those subjects: its own streams whole, and its captured rows
 * on `AUDIT`, which it keeps but all publish to.
 */
export const ownSubjects = (service: ServiceName): { stream: EventStreamName; subjects: readonly string[] }[] =>
  Object.entries(streamOwners)
    .filter(([, owner]) => owner === service)
    .map(([name]) => {
      const stream = name as EventStreamName;
      const { owner, subjects } = streams[stream];
      return { stream, subjects: owner === service ? subjects : [capturedRows(service)] };
    });

/** The subjects a service may publish to: those of its own events and captured rows, audited commands, jobs and dead letters. */
export const publishableSubjects = (service: ServiceName): string[] => [
  ...ownSubjects(service).flatMap(({ subjects }) => subjects),
  `${commandAudited.type}.${service}`,
  `job.${service}.>`,
  `dead.${service}.>`,
];
