export { accountBudget } from './account-budget.ts';
export { findNatsServer } from './find-nats-server.ts';
export { freePort } from './free-port.ts';
export { type LocalNats, type NatsOptions, natsPings, startNats } from './nats.ts';
export { type NatsUser, natsUsers } from './nats-users.ts';
export { type LocalPostgres, type PostgresOptions, startPostgres } from './postgres.ts';
export { addressOf, ensureServiceRoles, type ServiceRole } from './service-roles.ts';
