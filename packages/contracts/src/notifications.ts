export * from './notifications/events.ts';
export * from './notifications/mails.ts';
export * from './notifications/notification-types.ts';
export * from './notifications/scheduled-exports.ts';
export * from './notifications/webhook-deliveries.ts';
export * from './notifications/webhook-endpoints.ts';
