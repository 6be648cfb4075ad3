export { syncJobs } from './domain/syncs/kinds.ts';
export { service } from './service.ts';
