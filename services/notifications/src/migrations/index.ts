import type { Migration } from 'kysely/migration';
import * as webhooks from './0001-webhooks.ts';
import * as mails from './0002-mails.ts';
import * as scheduledExports from './0003-scheduled-exports.ts';
import * as failingExports from './0004-failing-exports.ts';

/** Appended to, never changed. */
export const migrations: Record<string, Migration> = {
  '0001-webhooks': webhooks,
  '0002-mails': mails,
  '0003-scheduled-exports': scheduledExports,
  '0004-failing-exports': failingExports,
};
