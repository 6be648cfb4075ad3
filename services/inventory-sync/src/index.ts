export { syncJobs } from './domain/kinds.ts';
export { service } from './service.ts';
