import { drift } from '@arcadia/contracts';
import { answers } from './answers.ts';
import { captures, projections } from './captures.ts';
import { parseConfig } from './config.ts';
import { consumers } from './consumers.ts';
import { defineService } from './context.ts';
import { jobs } from './jobs.ts';
import { migrations } from './migrations/index.ts';

/** Decides where the actual state of a resource differs from its desired state. */
export const service = defineService({
  name: 'drift',
  schema: 'drift',
  config: parseConfig,
  migrations,
  publishes: drift.events,
  consumes: consumers,
  captures,
  projections,
  answers,
  jobs,
});
