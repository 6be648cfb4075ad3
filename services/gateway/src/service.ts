import { parseConfig } from './config.ts';
import { defineService } from './context.ts';
import { startHttpServer } from './http-server.ts';

/** Decides who is calling, and passes each request to the service that owns the answer. It keeps nothing. */
export const service = defineService({
  name: 'gateway',
  schema: null,
  config: parseConfig,
  migrations: {},
  publishes: [],
  consumes: [],
  answers: [],
  jobs: [],
  start: startHttpServer,
});
