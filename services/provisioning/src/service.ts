import { provisioning } from '@arcadia/contracts';
import { answers } from './answers.ts';
import { captures, projections } from './captures.ts';
import { reportToken } from './clients/digitalocean.ts';
import { parseConfig } from './config.ts';
import { consumers } from './consumers.ts';
import { defineService } from './context.ts';
import { jobs } from './jobs.ts';
import { migrations } from './migrations/index.ts';

/** Decides the lifecycle of deployments, the desired state of every resource, and every change at the provider. */
export const service = defineService({
  name: 'provisioning',
  schema: 'provisioning',
  config: parseConfig,
  migrations,
  publishes: provisioning.events,
  consumes: consumers,
  captures,
  projections,
  answers,
  jobs,
  start: reportToken,
});
