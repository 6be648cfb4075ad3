/** The services, each with its Postgres schema. */
export const services = {
  'inventory-sync': { schema: 'inventory' },
  'billing-ingest': { schema: 'billing' },
  provisioning: { schema: 'provisioning' },
  drift: { schema: 'drift' },
  metering: { schema: 'metering' },
  invoicing: { schema: 'invoicing' },
  notifications: { schema: 'notifications' },
  gateway: { schema: 'gateway' },
} as const;

/** The name of a service, such as `billing-ingest`. */
export type ServiceName = keyof typeof services;

/** The streams of events, each with the one service that publishes to it. Only `AUDIT` has several publishers. */
export const streamOwners = {
  INVENTORY: 'inventory-sync',
  METERING: 'metering',
  INVOICING: 'invoicing',
  BILLING: 'billing-ingest',
  PROVISIONING: 'provisioning',
  DRIFT: 'drift',
  NOTIFICATIONS: 'notifications',
  /** Kept by the gateway; every service publishes its own commands to it. */
  AUDIT: 'gateway',
} as const satisfies Record<string, ServiceName>;

/** The name of a stream of events. */
export type EventStreamName = keyof typeof streamOwners;
