import type { Migration } from 'kysely/migration';
import * as apiKeys from './0001-api-keys.ts';

/** Appended to, never changed. */
export const migrations: Record<string, Migration> = {
  '0001-api-keys': apiKeys,
};
