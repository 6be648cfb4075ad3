import { inventorySync } from '@arcadia/contracts';
import { defineService } from '@arcadia/platform';
import { answerProjects, answerUpdateProject } from './answer-projects.ts';
import { answerEvents, answerResource, answerResources, answerUnattributed } from './answer-resources.ts';
import { answerAttribute } from './attribute-by-hand.ts';
import { type Config, parseConfig } from './config.ts';
import { answerConfirmSweep } from './confirm-sweep.ts';
import { consumeDeployments } from './consume-deployments.ts';
import { consumeDrift } from './consume-drift.ts';
import { jobs } from './jobs.ts';
import { migrations } from './migrations/index.ts';
import { reportLastSweeps } from './report-health.ts';
import { answerGetSync, answerStartSync, answerSyncState } from './request-sync.ts';
import type { Database } from './store/schema.ts';

/** Everything the account runs, and whose it is. */
export const service = defineService<Database, Config>({
  name: 'inventory-sync',
  schema: 'inventory',
  config: parseConfig,
  migrations,
  publishes: [inventorySync.resourceObserved, inventorySync.inventorySwept, inventorySync.priceObserved],
  consumes: [consumeDeployments, consumeDrift],
  answers: [
    answerResources,
    answerResource,
    answerEvents,
    answerUnattributed,
    answerAttribute,
    answerProjects,
    answerUpdateProject,
    answerStartSync,
    answerGetSync,
    answerSyncState,
    answerConfirmSweep,
  ],
  jobs,
  start: reportLastSweeps,
});
