import { metering } from '@arcadia/contracts';
import { answers } from './answers.ts';
import { captures, projections } from './captures.ts';
import { parseConfig } from './config.ts';
import { consumers } from './consumers.ts';
import { defineService } from './context.ts';
import { checkUsage } from './days/check-usage.ts';
import { jobs } from './jobs.ts';
import { migrations } from './migrations/index.ts';
import { restores } from './restores.ts';
import { startMetering } from './start-metering.ts';

/** Derives exact usage from observations and reports, and closes billing periods. */
export const service = defineService({
  name: 'metering',
  schema: 'metering',
  config: parseConfig,
  migrations,
  publishes: metering.events,
  consumes: consumers,
  restores,
  captures,
  projections,
  answers,
  jobs,
  replays: ['INVENTORY', 'METERING'],
  checks: { usage: checkUsage },
  start: startMetering,
});
