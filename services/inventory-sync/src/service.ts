import { inventorySync } from '@arcadia/contracts';
import { answers } from './answers.ts';
import { captures } from './captures.ts';
import { parseConfig } from './config.ts';
import { consumers } from './consumers.ts';
import { defineService } from './context.ts';
import { jobs } from './jobs.ts';
import { migrations } from './migrations/index.ts';
import { restoreInventory } from './resources/restore-inventory.ts';
import { restores } from './restores.ts';
import { startInventory } from './start-inventory.ts';

import { checkSweeps } from './syncs/check-sweeps.ts';

/** Decides which resources the provider account runs, their state at every instant, and who owns them. */
export const service = defineService({
  name: 'inventory-sync',
  schema: 'inventory',
  config: parseConfig,
  migrations,
  publishes: inventorySync.events,
  consumes: consumers,
  restores,
  captures,
  restored: restoreInventory,
  answers,
  jobs,
  checks: { sweeps: checkSweeps },
  start: startInventory,
});
