import { inventorySync } from '@arcadia/contracts';
import { answers } from './answers.ts';
import { captures } from './captures.ts';
import { parseConfig } from './config.ts';
import { consumers } from './consumers.ts';
import { defineService } from './context.ts';
import { jobs } from './jobs.ts';
import { migrations } from './migrations/index.ts';
import { restoreSightings } from './resources/restore-sightings.ts';
import { startInventory } from './start-inventory.ts';

/** Decides which resources the provider account runs, their state at every instant, and who owns them. */
export const service = defineService({
  name: 'inventory-sync',
  schema: 'inventory',
  config: parseConfig,
  migrations,
  publishes: inventorySync.events,
  consumes: consumers,
  captures,
  restored: restoreSightings,
  answers,
  jobs,
  start: startInventory,
});
