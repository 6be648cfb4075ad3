/** The services, each with its Postgres schema (the gateway keeps nothing). */
export const services = {
  'inventory-sync': { schema: 'inventory' },
  'billing-ingest': { schema: 'billing' },
  provisioning: { schema: 'provisioning' },
  drift: { schema: 'drift' },
  metering: { schema: 'metering' },
  invoicing: { schema: 'invoicing' },
  gateway: { schema: null },
} as const;

export type ServiceName = keyof typeof services;

/**
 * One stream for each service that says something, one for jobs, one for what could not be processed. `usage.accrued` and
 * `period.closed` share METERING, so that a close comes after the facts it closes.
 */
export const streams = {
  INVENTORY: { owner: 'inventory-sync', subjects: ['resource.observed.>', 'inventory.swept.>', 'price.observed.>'] },
  METERING: { owner: 'metering', subjects: ['usage.reported.>', 'usage.accrued.>', 'period.closed.>'] },
  INVOICING: {
    owner: 'invoicing',
    subjects: [
      'subscription.changed.>',
      'invoice.issued.>',
      'invoice.voided.>',
      'invoice.paid.>',
      'invoice.overdue.>',
      'credit-note.issued.>',
      'alert.crossed.>',
    ],
  },
  BILLING: { owner: 'billing-ingest', subjects: ['invoice.ingested.>'] },
  PROVISIONING: {
    owner: 'provisioning',
    subjects: ['deployment.changed.>', 'resource.provisioned.>', 'saga.changed.>'],
  },
  DRIFT: {
    owner: 'drift',
    subjects: ['drift.detected.>', 'drift.accepted.>', 'drift.revert-requested.>', 'drift.closed.>'],
  },
  JOBS: { owner: null, subjects: ['job.>'] },
  DEAD: { owner: null, subjects: ['dead.>'] },
} as const satisfies Record<string, { owner: ServiceName | null; subjects: readonly string[] }>;

export type StreamName = keyof typeof streams;
export type EventStreamName = Exclude<StreamName, 'JOBS' | 'DEAD'>;

/** The subjects a service may publish: its own events, its own jobs and its own dead letters. */
export const publishableSubjects = (service: ServiceName): string[] => [
  ...Object.values(streams)
    .filter(({ owner }) => owner === service)
    .flatMap(({ subjects }) => subjects),
  `job.${service}.>`,
  `dead.${service}.>`,
];

/** What a service may do on the bus besides reading and asking; the server refuses the rest, whatever the code does. */
export const busRights = (service: ServiceName): { publish: string[]; streams: string[]; answers: string[] } => ({
  publish: publishableSubjects(service),
  streams: Object.entries(streams)
    .filter(([, { owner }]) => owner === service || owner === null)
    .map(([name]) => name),
  answers: [`ask.${service}.>`],
});
