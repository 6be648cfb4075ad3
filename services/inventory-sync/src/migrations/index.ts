import type { Migration } from '@arcadia/platform';
import * as inventory from './0001-inventory.ts';

export const migrations: Record<string, Migration> = {
  '0001-inventory': inventory,
};
