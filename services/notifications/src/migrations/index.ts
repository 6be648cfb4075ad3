import type { Migration } from 'kysely/migration';
import * as webhooks from './0001-webhooks.ts';

/** Appended to, never changed. */
export const migrations: Record<string, Migration> = { '0001-webhooks': webhooks };
