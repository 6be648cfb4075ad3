import type { Migration } from '@arcadia/platform';
import * as inventory from './0001-inventory.ts';
import * as parkedMisses from './0002-parked-misses.ts';
import * as tableComments from './0003-table-comments.ts';
import * as tagsWithoutCase from './0004-tags-without-case.ts';
import * as tokenUse from './0005-token-use.ts';
import * as tenants from './0006-tenants.ts';
import * as listedPages from './0007-listed-pages.ts';

export const migrations: Record<string, Migration> = {
  '0001-inventory': inventory,
  '0002-parked-misses': parkedMisses,
  '0003-table-comments': tableComments,
  '0004-tags-without-case': tagsWithoutCase,
  '0005-token-use': tokenUse,
  '0006-tenants': tenants,
  '0007-listed-pages': listedPages,
};
