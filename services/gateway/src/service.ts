import { gateway } from '@arcadia/contracts';
import { answers } from './answers.ts';
import { captures } from './captures.ts';
import { parseConfig } from './config.ts';
import { consumers } from './consumers.ts';
import { defineService } from './context.ts';
import { startHttpServer } from './http-server.ts';
import { jobs } from './jobs.ts';
import { feedStreams } from './live-feed/feed-contracts.ts';
import { migrations } from './migrations/index.ts';

import { systemOverview } from './system/system-overview.ts';

/** Decides who is calling, and passes each request to the service that owns the answer. */
export const service = defineService({
  name: 'gateway',
  schema: 'gateway',
  config: parseConfig,
  migrations,
  publishes: gateway.events,
  consumes: consumers,
  captures,
  answers,
  jobs,
  replays: feedStreams,
  overview: systemOverview,
  start: startHttpServer,
});
